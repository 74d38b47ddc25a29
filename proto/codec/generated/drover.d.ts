// The build writes drover.js beside the compiled form of this file: static codecs for every message of drover/v1.

export interface MessageType {
  encode(message: object): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
  verify(plain: object): string | null;
  fromObject(plain: object): object;
  toObject(message: object, options: object): object;
}

export const drover: { readonly v1: Readonly<Record<string, MessageType | undefined>> };
