/** Imports the module named on the command line, and does nothing else. */
await import(process.argv[2]);
