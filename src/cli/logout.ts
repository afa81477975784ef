import { AuthError } from "../auth/auth-error.ts";
import { signOut } from "../auth/sign-out.ts";
import { harmless } from "../process/harmless.ts";
import type { Invocation } from "./commands.ts";
import { exitCode } from "./exit-codes.ts";
import { failed } from "./failed.ts";
import { remoteServer } from "./remote-server.ts";

/** Forgets the tokens of a server, and has its authorization server take them back. */
export async function run({ options, positionals: [name = ""] }: Invocation): Promise<number> {
  const { server, surroundings, redact } = await remoteServer(name, options.config);
  try {
    const { had, isRevoked } = await signOut(server, surroundings);
    if (options.json) process.stdout.write(`${JSON.stringify({ server: name, had, isRevoked })}\n`);
    else process.stdout.write(`${harmless(`${name}: ${told(had, isRevoked)}`)}\n`);
    return exitCode.ok;
  } catch (cause) {
    if (!(cause instanceof AuthError)) throw cause;
    return failed(exitCode.unusable, { code: cause.code, message: redact(`${name}: ${cause.message}`) }, options);
  }
}

function told(had: boolean, isRevoked: boolean): string {
  if (!had) return "there were no tokens of it; nothing to do";
  if (isRevoked)
    return "signed out; its tokens are removed from this machine and taken back by its authorization server";
  return "signed out; its tokens are removed from this machine. Its authorization server took none back: they end by themselves";
}
