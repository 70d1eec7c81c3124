import {
  type SettingFault,
  StorageEnvironmentError,
  StorageError,
  StoragePackageMissingError,
  StorageSettingError,
} from "../errors/index.js";
import { packageMissing } from "../registry/load-storage-class.js";
import { applicationFolders } from "../registry/resolve-package.js";
import { formatSettingFault, throwSettingFaults } from "../settings/resolve-settings.js";

/** Collects everything that keeps storages from opening, so that a user can mend it in one go. */
export class StartProblems {
  readonly #resolveFrom: string | undefined;
  readonly #errors: StorageError[] = [];
  readonly #faults: SettingFault[] = [];

  /** @param resolveFrom where the application is, if it says so */
  constructor(resolveFrom: string | undefined) {
    this.#resolveFrom = resolveFrom;
  }

  addError(error: StorageError): void {
    // Storages of one class meet the same problem.
    if (!this.#errors.some((known) => known.message === error.message)) this.#errors.push(error);
  }

  addFaults(faults: readonly SettingFault[]): void {
    for (const fault of faults) {
      const line = formatSettingFault(fault);
      if (!this.#faults.some((known) => formatSettingFault(known) === line)) this.#faults.push(fault);
    }
  }

  /** Runs a step; an error of a storage is kept, any other one is thrown. */
  async collect(step: () => Promise<void> | void): Promise<void> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.addError(error);
    }
  }

  /** Throws one error, of the class that fits all problems where there is one. */
  throwIfAny(): void {
    const [first] = this.#errors;
    if (first === undefined) return throwSettingFaults(this.#faults);
    if (this.#errors.length === 1 && this.#faults.length === 0) throw first;
    if (this.#faults.length === 0) this.#throwOfOneClass();
    throw new StorageSettingError(this.#message(), { errors: this.#errors, faults: this.#faults });
  }

  #throwOfOneClass(): void {
    const errors = this.#errors;
    if (errors.every((error) => error instanceof StoragePackageMissingError)) {
      throw packageMissing(
        errors.map((error) => ({ name: error.storage ?? "", specifier: error.packages[0] ?? "" })),
        applicationFolders(this.#resolveFrom),
      );
    }
    if (errors.every((error) => error instanceof StorageEnvironmentError)) {
      throw new StorageEnvironmentError(this.#message(), {
        errors,
        missing: errors.flatMap((error) => error.missing),
      });
    }
  }

  #message(): string {
    const lines = [...this.#errors.map((error) => error.message), ...this.#faults.map(formatSettingFault)];
    return `${lines.length} things keep the storages from opening:\n- ${lines.join("\n- ")}`;
  }
}
