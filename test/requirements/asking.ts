import { except, legacy, modern, need, table } from "./requirement.ts";

/** What servers ask of clients, and how requests run, end and fail. */
export const asking = {
  "elicitation.form": need(
    "all",
    modern("client/elicitation#form-mode-elicitation-requests"),
    "a form reaches the client whose call waits, and the answer reaches the server that asked",
  ),
  "elicitation.actions": need(
    "all",
    modern("client/elicitation#response-actions"),
    "accept, decline and cancel reach the server as they are",
  ),
  "elicitation.url": need(
    "all",
    modern("client/elicitation#url-mode-elicitation-requests"),
    "a URL to open reaches the client whose call waits, unopened, and the consent the server",
  ),
  "elicitation.complete": need(
    "LL ML",
    legacy("client/elicitation#completion-notifications-for-url-mode-elicitation"),
    "the completion of a URL reaches the client that was asked, and no client of the newer era",
  ),
  "elicitation.id": need(
    "LM ML",
    table("elicitation, URL"),
    "a URL gets an id of tutti's own towards the older era, and loses its id towards the newer",
  ),
  "elicitation.required": need(
    "LL ML",
    legacy("client/elicitation#url-elicitation-required-error"),
    "-32042 passes; towards the newer era it is an input_required, and the retry calls again",
  ),
  "elicitation.server-name": need(
    "all",
    modern("client/elicitation#security-considerations"),
    "the person sees the configured name of the server that asks",
  ),
  "elicitation.secrets": need(
    "all",
    modern("client/elicitation#form-mode-elicitation-requests"),
    "a form with a field for a password, a token, a secret or a key is refused, with the reason, and reaches nobody",
  ),
  "sampling.text": need(
    "all",
    modern("client/sampling#creating-messages"),
    "a request for sampling reaches the client whose call waits, and the message comes back",
  ),
  "sampling.tools": need(
    "all",
    modern("client/sampling#sampling-with-tools"),
    "sampling with tools reaches a client that can do it, with all its parts",
  ),
  "roots.list": need(
    "all",
    modern("client/roots#listing-roots"),
    "a server that asks for roots gets those of the client",
  ),
  "roots.changed": need(
    "LL LM",
    table("roots"),
    "a change of roots is told to every server of the older era, and to none of the newer",
  ),

  "ask.refused": need(
    "LL LM ML",
    table("sampling (with tools)"),
    "what the client has not declared is refused to the server with the right error, and the call goes on",
  ),
  "ask.missing-capability": need(
    "LM MM",
    modern("schema#missingrequiredclientcapabilityerror"),
    "-32021 of a server passes with what it requires",
  ),
  "ask.right-client": need(
    "all",
    table("attribution of a legacy server's request"),
    "with two clients a question reaches the one whose call waits",
  ),
  "ask.said-call": need(
    "LL ML",
    table("attribution of a legacy server's request"),
    "a question that comes on the stream of a call is of that call, whichever others wait and could answer",
    except("servers over stdio", "LL ML", "one pipe carries all, and a question on it does not say its call"),
    except("servers over sse", "LL ML", "one stream carries all, and a question on it does not say its call"),
  ),
  "ask.newest-call": need(
    "LL ML",
    table("attribution of a legacy server's request"),
    "a question without a hint is of the newest waiting call that can answer, never of a parked one",
  ),
  "ask.nobody-waits": need(
    "LL ML",
    table("attribution of a legacy server's request"),
    "a question while no call waits goes to a client with a session that can answer it, or is refused, and nothing else notices",
  ),
  "ask.several": need(
    "all",
    table("several asks at once"),
    "several questions of one call at once are all answered, each with its own answer",
  ),
  "ask.two-servers": need(
    "all",
    table("several asks at once"),
    "two servers that ask at the same time each get their own answer",
  ),
  "ask.rounds": need(
    "all",
    modern("basic/patterns/mrtr#basic-workflow"),
    "questions come round after round, until the call has its result",
  ),
  "ask.round-limit": need(
    "LM",
    table("elicitation, form"),
    "a server that never stops asking ends in an error after ten rounds",
  ),
  "ask.client-error": need(
    "LL LM",
    table("elicitation, form"),
    "an error of the client instead of an answer reaches the server, or ends the call",
  ),
  "ask.never-answered": need(
    "LL LM ML",
    table("ask abandoned; server restarts mid-ask"),
    "a question that is never answered ends in its own error, and nothing else notices",
  ),
  "ask.server-dies": need(
    "LL LM ML",
    table("ask abandoned; server restarts mid-ask"),
    "a server that dies while it waits for an answer fails this call, and nothing else notices",
  ),
  "ask.client-leaves": need(
    "LL LM ML",
    table("ask abandoned; server restarts mid-ask"),
    "a client that leaves while it is asked ends its calls at the servers",
    except("clients over http", "ML", "as for parked.left"),
  ),
  "ask.late-answer": need(
    "LL LM",
    modern("basic/patterns/cancellation#timing-considerations"),
    "an answer after the end of its question is dropped",
  ),

  "parked.resumed": need(
    "ML",
    modern("basic/patterns/mrtr#basic-workflow"),
    "the retry under a new id resumes the parked call, which ran only once",
  ),
  "parked.missing-answers": need(
    "ML",
    modern("basic/patterns/mrtr#error-handling"),
    "a retry with some answers only is asked for those that are missing; answers to nothing are ignored",
  ),
  "parked.cancelled": need(
    "ML",
    table("progress; cancel"),
    "a parked call that is cancelled after its retry is cancelled at the server",
  ),
  "parked.left": need(
    "ML",
    table("progress; cancel"),
    "a parked call whose client has left is cancelled at the server",
    except(
      "clients over http",
      "ML",
      "nothing is open while it is away with the questions, so that it has left shows only when nobody comes back in time",
    ),
  ),
  "parked.expired": need(
    "ML",
    table("ask abandoned; server restarts mid-ask"),
    "a parked call that nobody resumes in time ends at the server, and a later retry in its own error",
  ),
  "state.forged": need(
    "ML",
    modern("basic/patterns/mrtr#security-considerations"),
    "a requestState that tutti has not made is an error, and nothing else notices",
  ),
  "state.replayed": need("ML", modern("basic/patterns/mrtr#security-considerations"), "a requestState serves once"),
  "state.other-call": need(
    "ML",
    modern("basic/patterns/mrtr#security-considerations"),
    "a requestState is an error on another method, other arguments or of another client",
  ),
  "state.passed": need(
    "MM",
    modern("basic/patterns/mrtr#inputrequiredresult"),
    "input_required, inputResponses and requestState pass byte for byte, and tutti holds nothing",
  ),

  "progress.order": need(
    "all",
    modern("basic/patterns/progress#progress-flow"),
    "every progress notification comes under the client's own token, in order",
  ),
  "progress.methods": need(
    "all",
    modern("basic/patterns/progress"),
    "prompts, resources and completions report progress as calls do",
  ),
  "progress.answers": need(
    "LL",
    legacy("basic/utilities/progress"),
    "progress of a client on a question reaches the server that asked",
  ),
  "cancel.request": need(
    "all",
    modern("basic/patterns/cancellation#cancellation-flow"),
    "a cancellation reaches the server of this request alone, under the id it has there",
  ),
  "cancel.methods": need(
    "all",
    modern("basic/patterns/cancellation"),
    "prompts, resources and completions are cancelled as calls are",
  ),
  "cancel.question": need(
    "LL ML",
    legacy("basic/utilities/cancellation"),
    "a server that withdraws its question withdraws it at the client, and no other",
  ),
  "timeout.methods": need(
    "all",
    modern("basic/patterns/cancellation#timeouts"),
    "a request of any method without a reply in time ends in its own error, and is cancelled at the server",
  ),
  "timeout.progress": need(
    "all",
    modern("basic/patterns/cancellation#timeouts"),
    "progress sets the time back, up to the cap",
  ),
  "timeout.question": need(
    "LL LM",
    table("timeout"),
    "a client that does not answer a question in time: the server is told, or the call ends",
  ),
  "load.two-servers": need(
    "all",
    table("tools/call …"),
    "with two servers and eight calls at once each reply, progress and question reaches its own call",
  ),
  "crash.other-server": need(
    "all",
    modern("basic/transports/stdio#unexpected-termination"),
    "a server that dies fails its own requests, and nothing else notices",
  ),

  "same-as-direct": need(
    "LL MM",
    table("extension caps, _meta, icons"),
    "each answer through tutti is the server's own, byte for byte outside names and ids",
  ),
  "examples.pass": need(
    "LL MM",
    modern("schema"),
    "messages of every shape of the schema pass unchanged outside ids, names, tokens and the envelope",
  ),
  "says.valid": need(
    "all",
    modern("schema"),
    "what tutti itself says is valid by the schema of the revision it says it in",
  ),
};
