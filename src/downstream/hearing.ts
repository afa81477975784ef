import type { Clock } from "../ports/clock.ts";
import { headBytes } from "../wire/lines.ts";
import type { Message } from "../wire/message.ts";
import { Call, type Request } from "./call.ts";
import type { ConnectionEvents, Waiter } from "./connection.ts";
import { NoticeLimit } from "./notice-limit.ts";
import type { DownstreamEvents } from "./options.ts";

const acknowledged = "notifications/subscriptions/acknowledged";
const listChanged = /^notifications\/(tools|prompts|resources)\/list_changed$/;

/** What of all that a server says stays with its downstream. */
type Own = Pick<ConnectionEvents, "heard" | "closed" | "renewed"> & {
  /** The lists that belong to this capability are others. */
  readonly listChanged: (capability: string) => void;
  readonly acknowledged: (message: Message) => void;
};

/** Who gets what a server says that is no reply: its downstream, or whoever `events` tells. */
export function hearing(events: DownstreamEvents, clock: Clock, own: Own): ConnectionEvents {
  const notices = new NoticeLimit({
    clock,
    pass: (method, message, within) => events.notified(method, message, requestOf(within)),
    oddity: events.oddity,
  });
  return {
    ...own,
    notification: (method, message, within) => {
      const list = listChanged.exec(method)?.[1];
      if (list !== undefined) own.listChanged(list);
      else if (method === acknowledged) own.acknowledged(message);
      else notices.take(method, message, within);
    },
    request: (method, message, within) => events.asked(method, message, requestOf(within)),
    strayLine: ({ head }) => {
      const text = Buffer.from(head, "latin1").toString();
      events.stdoutLine(head.length < headBytes ? text : `${text}…`);
    },
    dropped: (what) => events.oddity(`dropped ${what}, which nobody waits for`),
    defect: events.defect,
  };
}

/** The request of a call; undefined where a request of our own waits, or nothing. */
function requestOf(waiter: Waiter | undefined): Request | undefined {
  return waiter instanceof Call ? waiter.request : undefined;
}
