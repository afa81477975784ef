import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { Environment } from "./proxy.ts";

/**
 * The certificates that servers are checked against: Node's own roots, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and `files`
 * (PEM). Undefined where the environment and `files` name none but what Node reads by itself. Throws an error that names
 * the file which cannot be used.
 */
export function authorities(files: readonly string[], env: Environment): readonly string[] | undefined {
  const own = [...files, ...presentIn(env["SSL_CERT_FILE"])];
  if (own.length === 0) return undefined;
  // Node forgets its extra ones where it is given a list.
  const extra = presentIn(env["NODE_EXTRA_CA_CERTS"]);
  return [...rootCertificates, ...[...own, ...extra].flatMap(certificatesIn)];
}

// Others pass over a variable that names no file, too.
function presentIn(path: string | undefined): readonly string[] {
  return path !== undefined && existsSync(path) ? [path] : [];
}

function certificatesIn(path: string): readonly string[] {
  const found = read(path).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (found === null) throw new Error(`the CA file ${path} holds no certificate; it must be in PEM form`);
  for (const [index, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch (cause) {
      throw new Error(`certificate ${index + 1} in the CA file ${path} cannot be read`, { cause });
    }
  }
  return found;
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (cause) {
    throw new Error(`the CA file ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
