import * as z from "zod";

/** What tutti is to an authorization server. */
const registered = z.object({
  /** Said in the configuration, by a document at an address of its own, or registered. */
  how: z.enum(["configured", "document", "registered"]),
  issuer: z.string(),
  clientId: z.string(),
  clientSecret: z.string().optional(),
  authMethod: z.enum(["none", "client_secret_basic", "client_secret_post"]),
  /** Where its answers go, where that was registered. */
  redirectUri: z.string().optional(),
});

const tokens = z.object({
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  scopes: z.array(z.string()),
  /** In ms since 1970. */
  obtainedAt: z.number(),
  /** Absent: nobody knows. */
  expiresAt: z.number().optional(),
});

const grant = registered.extend({
  resource: z.string(),
  tokenEndpoint: z.string(),
  revocationEndpoint: z.string().optional(),
  tokens: tokens.optional(),
  /** What the server has said that it wants beside what it was granted. */
  wantedScopes: z.array(z.string()).default([]),
  /** Nothing can be done with it any more but to ask the user. */
  isSpent: z.boolean().default(false),
});

/** All that is kept for one server. */
export const keptSchema = z.object({
  format: z.literal(1),
  /** Its address without what may be secret in it, for who looks into the file. */
  server: z.string(),
  /** One for each issuer, resource and client; the first one is used. */
  grants: z.array(grant),
});

export type Registered = z.output<typeof registered>;
export type Tokens = z.output<typeof tokens>;
export type Grant = z.output<typeof grant>;
export type Kept = z.output<typeof keptSchema>;

/** Whether two are for the same client at the same issuer, and of the same resource. Compared as they stand. */
export function isSameGrant(one: Grant, other: Grant): boolean {
  return one.issuer === other.issuer && one.resource === other.resource && one.clientId === other.clientId;
}

/** Whether the tokens of one were given after those of the other. */
export function isNewer(one: Grant | undefined, other: Grant | undefined): boolean {
  return (one?.tokens?.obtainedAt ?? 0) > (other?.tokens?.obtainedAt ?? 0);
}

/** What of it must never be shown. */
export function secretsOf({ clientSecret, tokens: held }: Grant): readonly string[] {
  return [clientSecret, held?.accessToken, held?.refreshToken].filter((one) => one !== undefined);
}
