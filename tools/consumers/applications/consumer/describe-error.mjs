/** What of an error a test looks at. */
export function describeError(error) {
  const { name, message, installCommand, missingMethods, cause } = error;
  return { name, message, installCommand, missingMethods, cause: cause?.message };
}
