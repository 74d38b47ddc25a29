// The one way in which the hub ends with a reason that is told, and the exit code that goes with it.

export class HubStopped extends Error {
  override readonly name = "HubStopped";
  constructor(
    readonly exit: number,
    message: string,
  ) {
    super(message);
  }
}
