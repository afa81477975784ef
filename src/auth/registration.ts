import {
  type AuthorizationServer,
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  dynamicClientRegistrationRequest,
  None,
  processDynamicClientRegistrationResponse,
  ResponseBodyError,
} from "oauth4webapi";
import { AuthError } from "./auth-error.ts";
import type { AuthServer } from "./auth-server.ts";
import type { Registered } from "./grant.ts";
import { type GuardedFetch, plainFetch } from "./guarded-fetch.ts";
import { quoted } from "./surroundings.ts";

/** What the library is told with each request: ours is the one that decides where it may go. */
export function sending(guarded: GuardedFetch) {
  return { [customFetch]: plainFetch(guarded), [allowInsecureRequests]: true } as const;
}

/** How a client proves that it is itself. */
export function clientAuth({ clientSecret, authMethod }: Registered): ClientAuth {
  if (clientSecret === undefined || authMethod === "none") return None();
  return authMethod === "client_secret_post" ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
}

/**
 * Whether tutti can be known to this authorization server without asking it: by what the configuration says, or by a
 * document of its own that it fetches; undefined where it has to be registered there.
 */
export function knownClient({ oauth }: AuthServer, metadata: AuthorizationServer): Registered | undefined {
  const { clientId, clientSecret, clientMetadataUrl } = oauth;
  const { issuer } = metadata;
  if (clientId !== undefined) {
    const authMethod = clientSecret === undefined ? "none" : secretMethod(metadata);
    return { how: "configured", issuer, clientId, authMethod, ...(clientSecret !== undefined && { clientSecret }) };
  }
  if (metadata["client_id_metadata_document_supported"] === true && clientMetadataUrl !== undefined) {
    return { how: "document", issuer, clientId: clientMetadataUrl, authMethod: "none" };
  }
  return undefined;
}

/**
 * Has tutti registered as a client that gets its answers at `redirectUri`. Rejects with an AuthError.
 * https://www.rfc-editor.org/rfc/rfc7591
 */
export async function register(
  metadata: AuthorizationServer,
  redirectUri: string,
  scopes: readonly string[],
  guarded: GuardedFetch,
): Promise<Registered> {
  const { issuer } = metadata;
  if (metadata.registration_endpoint === undefined) {
    const text = `its authorization server ${quoted(issuer)} registers no programs: put the id it has for tutti into oauth.clientId`;
    throw new AuthError("no_client", text);
  }
  const wanted = {
    client_name: "tutti",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    application_type: "native",
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
  };
  try {
    const response = await dynamicClientRegistrationRequest(metadata, wanted, sending(guarded));
    const client = await processDynamicClientRegistrationResponse(response);
    const { client_id: clientId, client_secret: clientSecret } = client;
    const method =
      client["token_endpoint_auth_method"] ?? (clientSecret === undefined ? "none" : "client_secret_basic");
    return {
      how: "registered",
      issuer,
      clientId,
      redirectUri,
      authMethod: method === "none" || method === "client_secret_post" ? method : "client_secret_basic",
      ...(typeof clientSecret === "string" && { clientSecret }),
    };
  } catch (cause) {
    if (cause instanceof AuthError) throw cause;
    const why = cause instanceof ResponseBodyError ? `: ${quoted(cause.error_description ?? cause.error)}` : "";
    const text = `its authorization server ${quoted(issuer)} has not registered tutti${why}; its own id for tutti can stand in oauth.clientId`;
    throw new AuthError("no_client", text, cause);
  }
}

function secretMethod({
  token_endpoint_auth_methods_supported: supported,
}: AuthorizationServer): Registered["authMethod"] {
  const isPostOnly =
    Array.isArray(supported) && !supported.includes("client_secret_basic") && supported.includes("client_secret_post");
  return isPostOnly ? "client_secret_post" : "client_secret_basic";
}
