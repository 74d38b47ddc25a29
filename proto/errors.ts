// The closed table of refusal codes: expected answers of "no", with one sentence each and the class that decides the
// exit code of a command. A fault, something broken, is thrown instead and ends the process.

/** sysexits(3) numbers by class. */
export const EXIT = {
  usage: 64,
  data: 65,
  missing: 66,
  unavailable: 69,
  software: 70,
  io: 74,
  later: 75,
  permission: 77,
  config: 78,
} as const;
export type ExitClass = keyof typeof EXIT;

export const REFUSALS = {
  BUSY: ["later", "another robot holds the destination or one that conflicts with it"],
  PLACE_UNKNOWN: ["later", "it is not known that the destination is free"],
  UNKNOWN_ROBOT: ["missing", "no robot of that name in the site's configuration"],
  UNKNOWN_FLEET: ["missing", "no fleet of that name in the site's configuration"],
  UNKNOWN_DESTINATION: ["missing", "no destination of that name in the site's configuration"],
  UNKNOWN_TASK: ["missing", "no task of that name"],
  UNKNOWN_ID: ["missing", "nothing of that name is known"],
  UNKNOWN_TOKEN: ["missing", "the token stands for no claim of this robot"],
  STALE_TOKEN: ["data", "the token is lower than one already seen (R5)"],
  NO_LEASE: ["later", "the robot holds no lease"],
  LEASE_RUNNING: ["later", "the lease has not certainly lapsed yet (R3)"],
  NOT_AUTONOMOUS: ["later", "the robot's mode does not admit new work (R8)"],
  ROBOT_STALE: ["later", "the robot's telemetry is too old"],
  TASK_ENDED: ["later", "the task has already ended"],
  TASK_DIFFERS: ["data", "a task of that name exists with other contents"],
  TOO_MANY: ["later", "a configured limit is reached"],
  NO_ACT: ["usage", "an act of a person needs an operator and a reason"],
  NOT_LOWER: ["usage", "a mode override is a ceiling: REACTIVE_ONLY, CONFIRM or HALT"],
  NOTHING_TO_DO: ["missing", "there is nothing to change"],
  WRONG_PROTOCOL: ["unavailable", "the robot speaks another version of the protocol"],
  WRONG_IDENTITY: ["permission", "the certificate names somebody else, or is void"],
  MALFORMED: ["data", "the message is not what the protocol says"],
  SUPERSEDED: ["later", "a newer stream of the same robot took over"],
  SITE_STOPPING: ["unavailable", "the hub is stopping"],
  UNAUTHENTICATED: ["permission", "no token was given, or one that is unknown, expired or revoked"],
  DRAINED: ["later", "a person has the robot drained: it takes nothing new"],
  PAUSED: ["later", "a person has the task paused"],
  QUESTION_SETTLED: ["later", "the question was answered, has expired or was withdrawn before"],
  QUESTION_CHANGED: ["later", "what the question was about is not so any more"],
  NOT_PERMITTED: ["permission", "the role of whoever asks does not reach for it, or the site's boundary forbids it"],
} as const satisfies Record<string, readonly [ExitClass, string]>;

export type RefusalCode = keyof typeof REFUSALS;

/** An expected "no": the code, and a sentence for people that names what was asked, expected and found. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A refusal with its details, e.g. `refuse("BUSY", "cannot give P4 to r2: held by r1")`. */
export function refuse(code: RefusalCode, message: string): Refusal {
  return { code, message };
}
