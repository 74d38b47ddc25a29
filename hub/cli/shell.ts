// What a command needs of the machine it runs on. main.ts gives the real one; tests give their own.

export interface Shell {
  /** Arguments that come from the environment. */
  readonly environment: {
    readonly hub: string | undefined;
    readonly user: string | undefined;
    readonly token?: string | undefined;
  };
  /** The one-time token of a hub without TLS that this user runs on this machine; null where there is none. */
  ownToken(port: number): string | null;
  readonly terminal: {
    readonly isTty: boolean;
    /** False where the person wants none (NO_COLOR). */
    readonly colours: boolean;
    /** In cells; 0 without a terminal. */
    width(): number;
    /** In lines; 0 without a terminal. */
    height(): number;
  };
  readonly version: string;
  /** Writes to standard output; resolves when it is taken, with false once nobody reads it any more. */
  write(text: string): Promise<boolean>;
  /** Writes to standard error. */
  warn(text: string): Promise<void>;
  /** Throws what the system says when the file cannot be read. */
  readFile(path: string): Buffer;
  /** A new name for a task, such as no other person draws. */
  newTaskId(): string;
  /** Aborts when the person at the terminal wants to stop, or when standard output is closed. */
  readonly stop: AbortSignal;
}
