import { expect, onTestFinished } from "vitest";
import {
  type InResponse,
  NetworkError,
  type Outbound,
  type OutRequest,
  systemOutbound,
} from "../../src/ports/network.ts";

/** The machine's own network, until the test ends. */
export function network(options: Partial<Parameters<typeof systemOutbound>[0]> = {}): Outbound {
  const outbound = systemOutbound({ env: {}, ...options });
  onTestFinished(() => outbound.close());
  return outbound;
}

export function post(
  url: URL,
  body: OutRequest["body"] = "{}",
  headers: Readonly<Record<string, string>> = {},
): OutRequest {
  return { method: "POST", url, headers: { "content-type": "application/json", ...headers }, body };
}

/** All of a body. */
export async function whole({ body }: InResponse): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** What a request fails with. */
export async function failure(
  response: Promise<unknown>,
): Promise<{ readonly text: string; readonly isSent: boolean }> {
  const error = await response.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(NetworkError);
  const { message, isSent } = error as NetworkError;
  return { text: message.replaceAll(/127\.0\.0\.1:\d+/g, "SERVER"), isSent };
}
