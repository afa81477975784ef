import { expect } from "vitest";
import { AuthError } from "../../../src/auth/auth-error.ts";
import { type AuthServer, authServerOf } from "../../../src/auth/auth-server.ts";
import { type SignedIn, signIn } from "../../../src/auth/sign-in.ts";
import { here } from "../../auth/here.ts";
import { loadText } from "../../config/load-text.ts";

/** A person at a machine, who signs in within the process of the test. */
export type Person = ReturnType<typeof here> & {
  /** Addresses that they were to open. */
  readonly shown: readonly string[];
  /** Signs in to the server at this address with these settings of `oauth`. */
  readonly signIn: (url: string, oauth?: object) => Promise<SignedIn>;
  /** The error with which that ends; it must. */
  readonly failure: (url: string, oauth?: object) => Promise<AuthError>;
};

/** `browse`: what they do with an address. Default: go where they are sent. */
export function person(browse: (address: string) => Promise<unknown> = (address) => fetch(address)): Person {
  const shown: string[] = [];
  const machine = here();
  const { surroundings } = machine;
  const show = (address: string): void => {
    shown.push(address);
    void browse(address).catch(() => {}); // What they see is not what is looked at.
  };
  const self: Person = {
    ...machine,
    shown,
    signIn: async (url, oauth) => await signIn(await serverAt(url, oauth), { show }, surroundings, { limitMs: 20_000 }),
    failure: async (url, oauth) => {
      const outcome = await self.signIn(url, oauth).catch((cause: unknown) => cause);
      expect(outcome).toBeInstanceOf(AuthError);
      return outcome as AuthError;
    },
  };
  return self;
}

/** The server at this address as the configuration has it, with these settings of `oauth`. */
export async function serverAt(url: string, oauth?: object): Promise<AuthServer> {
  const { servers } = await loadText({ mcpServers: { it: { url, ...(oauth !== undefined && { oauth }) } } });
  const server = servers[0] && authServerOf(servers[0]);
  if (server === undefined) throw new Error(`nobody signs in to ${url}`);
  return server;
}
