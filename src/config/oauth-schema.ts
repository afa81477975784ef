// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${…} is what people are told to write
import * as z from "zod";
import { text, wholeNumber } from "./fields.ts";

/** What is configured of signing in to a server. Other clients write more into it, which does nothing here. */
export const oauthSchema = z.looseObject({
  clientId: text
    .optional()
    .describe(
      "The id that the server's authorization server has given you for tutti. Absent = tutti has itself registered there.",
    ),
  clientSecret: text.optional().describe("The secret that goes with it, best as `${VARIABLE}`."),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "is no scope. Write each one by itself, without spaces."))
    .optional()
    .describe("What tutti asks to be allowed. Absent = what the server names."),
  callbackPort: wholeNumber(1, 65_535)
    .optional()
    .describe(
      "The port of 127.0.0.1 at which the browser brings the answer, for a `clientId` that is bound to one. Absent, or taken = " +
        "any that is free.",
    ),
  clientMetadataUrl: z
    .string()
    .regex(/^https:\/\/[^/?#]+\/[^#]+$/, "is no address of a document. Write one with https:// and a path.")
    .optional()
    .describe(
      "The address of a document about tutti as a client, which you have put there, for authorization servers that take " +
        "such an address for an id.",
    ),
  origins: z
    .array(z.string().regex(/^https?:\/\/[^/?#@]+\/?$/, "is no origin. Write it as https://login.example.com."))
    .default([])
    .describe(
      "Further origins to which the server may send tutti for signing in, as `https://login.corp.example`: those of an own " +
        "network, and others than its own for `resource_metadata`.",
    ),
  pkce: z
    .enum(["required", "unchecked"])
    .default("required")
    .describe(
      '"required": an authorization server that does not say that it knows PKCE (S256) is refused. "unchecked": it is ' +
        "used in spite of that; tutti sends PKCE all the same.",
    ),
});
