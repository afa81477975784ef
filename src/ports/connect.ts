import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { isIP, type LookupFunction, connect as netConnect, type Socket } from "node:net";
import { createSecureContext, type SecureContext, connect as tlsConnect } from "node:tls";
import { authorities } from "./authorities.ts";
import { type Environment, hostOf, portOf, proxyFor } from "./proxy.ts";

export type ConnectOptions = {
  readonly env: Environment;
  /** Certificate authorities to trust beside Node's own: paths of PEM files. */
  readonly caFiles: readonly string[];
  /** For name, connection, proxy and TLS together. */
  readonly connectMs: number;
  /**
   * Why the server of `url` is not spoken to at this address, one of those that its name has or itself one; undefined: it is.
   * Asked of all of them, and no other is connected to. What a proxy looks up is not known here.
   */
  readonly refuse?: ((url: URL, address: string) => string | undefined) | undefined;
};

/** Opens connections to servers. */
export type Connector = {
  /**
   * A connection over which the server of `url` (its scheme, host and port; for http through a proxy, the proxy) can be
   * spoken to: TLS is done, and nothing has been said to the server. Rejects with one line that begins in lower case.
   */
  readonly open: (url: URL) => Promise<Socket>;
  /** Ends what is being opened. */
  readonly close: () => void;
};

/** What a proxy wants to see: `Proxy-Authorization`, from the user and the password in its URL. */
export function proxyHeaders(proxy: URL): Readonly<Record<string, string>> {
  return proxy.username === "" && proxy.password === "" ? {} : { "proxy-authorization": basicLogin(proxy) };
}

/** The user and the password in `url`, for a header. */
export function basicLogin({ username, password }: URL): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
}

const firstProbeMs = 30_000;

/** The machine's own network. */
export function connector({ env, caFiles, connectMs, refuse }: ConnectOptions): Connector {
  const opening = new Set<Socket>();
  let context: SecureContext | undefined;
  const trusted = (): SecureContext => {
    const ca = context === undefined ? authorities(caFiles, env) : undefined;
    context ??= createSecureContext(ca === undefined ? {} : { ca: [...ca] });
    return context;
  };
  const checkLiteral = (url: URL): void => {
    const problem = isIP(hostOf(url)) === 0 ? undefined : refuse?.(url, hostOf(url));
    if (problem !== undefined) throw new Refused(problem);
  };
  const tcp = (url: URL, hold: Hold, isProxy: boolean): Promise<Socket> => {
    const checked = refuse && !isProxy ? { lookup: checkedLookup((address) => refuse(url, address)) } : {};
    const socket = netConnect({ host: hostOf(url), port: portOf(url), noDelay: true, ...checked });
    socket.setKeepAlive(true, firstProbeMs);
    return hold(socket, "connect", (error) => unreachable(url, error));
  };
  const secured = (url: URL, socket: Socket, hold: Hold): Promise<Socket> => {
    const host = hostOf(url);
    const servername = isIP(host) === 0 ? host : "";
    const secure = { socket, host, servername, secureContext: trusted(), ALPNProtocols: ["http/1.1"] };
    // Said, because the environment can make its opposite the default.
    return hold(tlsConnect({ ...secure, rejectUnauthorized: true }), "secureConnect", (error) => untrusted(url, error));
  };
  const reach = async (url: URL, hold: Hold, isProxy = false): Promise<Socket> => {
    const socket = await tcp(url, hold, isProxy);
    return url.protocol === "https:" ? await secured(url, socket, hold) : socket;
  };
  const open = async (url: URL, hold: Hold): Promise<Socket> => {
    checkLiteral(url);
    const choice = proxyFor(url, env);
    if (choice.kind === "unusable") throw new Error(choice.problem);
    if (choice.kind === "direct") return await reach(url, hold);
    try {
      const socket = await reach(choice.url, hold, true);
      if (url.protocol === "http:") return socket;
      await tunnel(socket, choice.url, url);
      return await secured(url, socket, hold);
    } catch (cause) {
      throw new Error(`${(cause as Error).message} (through the proxy of ${choice.variable})`, { cause });
    }
  };
  return {
    open: async (url) => {
      const held: Socket[] = [];
      let timer: NodeJS.Timeout | undefined;
      const tooLate = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(new Error(`no connection to ${url.host} within ${connectMs / 1000} s`)),
          connectMs,
        );
      });
      try {
        const hold: Hold = (socket, event, describe) => {
          held.push(socket);
          opening.add(socket);
          return ready(socket, event, describe);
        };
        return await Promise.race([open(url, hold), tooLate]);
      } catch (cause) {
        for (const socket of held) socket.destroy();
        throw cause;
      } finally {
        clearTimeout(timer);
        for (const socket of held) opening.delete(socket);
      }
    },
    close: () => {
      for (const socket of opening) socket.destroy();
    },
  };
}

/** One of the addresses of a server is none that may be connected to. */
class Refused extends Error {}

/** Whether that is why something failed. */
export function isRefused(cause: unknown): boolean {
  return cause instanceof Refused || (cause instanceof Error && cause.cause !== undefined && isRefused(cause.cause));
}

/** Looks a name up, and gives its addresses only where none of them is refused: those are connected to, and no others. */
function checkedLookup(refuse: (address: string) => string | undefined): LookupFunction {
  return (name, options, done) =>
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const problem = error ? undefined : addresses.map(({ address }) => refuse(address)).find(Boolean);
      const [first] = addresses ?? [];
      if (error || problem !== undefined) done(error ?? new Refused(problem), []);
      else if (options.all) done(null, addresses);
      else done(null, first?.address ?? "", first?.family);
    });
}

/** Notes a socket that is being opened, and waits for it. */
type Hold = (socket: Socket, event: string, describe: (error: NodeJS.ErrnoException) => string) => Promise<Socket>;

function ready(socket: Socket, event: string, describe: Parameters<Hold>[2]): Promise<Socket> {
  // It may fail again when it was given up; whoever uses it hears of it by himself.
  socket.on("error", () => {});
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(new Error(describe(error), { cause: error }));
    const closed = (): void => failed({ name: "Error", message: "it was closed" });
    socket.once("error", failed);
    socket.once("close", closed);
    socket.once(event, () => {
      socket.off("error", failed);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}

/** Makes the proxy pass on what is said over `socket` to the server of `url`. */
function tunnel(socket: Socket, proxy: URL, url: URL): Promise<void> {
  const authority = `${url.hostname}:${portOf(url)}`;
  return new Promise((resolve, reject) => {
    const headers = { host: authority, ...proxyHeaders(proxy) };
    const connect = httpRequest({ method: "CONNECT", path: authority, headers, createConnection: () => socket });
    connect.on("connect", (response, _, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) resolve();
      else if (status === 407) reject(new Error(`${proxy.host} wants another user and password: HTTP 407`));
      else reject(new Error(`${proxy.host} does not connect to ${url.host}: HTTP ${status}`));
    });
    connect.on("error", (cause) =>
      reject(new Error(`${proxy.host} ended the connection to ${url.host} before it was made`, { cause })),
    );
    connect.end();
  });
}

function unreachable(url: URL, error: NodeJS.ErrnoException): string {
  if (error instanceof Refused) return error.message;
  const code = error.code ?? "unknown cause";
  if (code === "ENOTFOUND") return `there is no host ${hostOf(url)} (ENOTFOUND)`;
  if (code === "EAI_AGAIN") return `the name of ${hostOf(url)} cannot be looked up just now (EAI_AGAIN)`;
  if (code === "ECONNREFUSED") return `nothing listens at ${url.host} (ECONNREFUSED)`;
  return `${url.host} cannot be reached (${code})`;
}

function untrusted(url: URL, error: NodeJS.ErrnoException): string {
  const code = error.code ?? "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return `the certificate of ${url.host} is for another host (${code})`;
  if (/CERT|SIGNATURE|ISSUER|CRL|CHAIN/.test(code)) {
    return `the certificate of ${url.host} is not trusted (${code}); SSL_CERT_FILE can name the authority's PEM file`;
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return `${url.host} does not speak TLS; is it http:// and not https://?`;
  return `TLS with ${url.host} failed (${code || "the connection was closed"})`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A lone percent sign stands for itself.
  }
}
