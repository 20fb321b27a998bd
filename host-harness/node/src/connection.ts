// Handovers: the calls of the interface `handover`.

import type { Calls, Granted } from "./calls.js";
import { Connected } from "./connected.js";
import type {
  AcceptedSettings,
  AgentEvent,
  Authenticity,
  Availability,
  Conversation,
  Delivery,
  DeliveryStatus,
  EventSource,
  HandoverCalls,
  Outbound,
  ProviderRequest,
  ReceivedWebhook,
  Routing,
  Webhook,
} from "./contract.js";
import { CallError, ProviderError } from "./errors.js";
import type { Verifier } from "./signature.js";

/** A provider with the settings of one contact center: the calls of the contract. */
export class Connection extends Connected implements HandoverCalls {
  readonly #verifier: Verifier | undefined;

  /** @internal */
  constructor(calls: Calls, accepted: AcceptedSettings, granted: Granted, verifier: Verifier | undefined) {
    super(calls, accepted, granted);
    this.#verifier = verifier;
  }

  /** Returns the same connection, but the provider verifies all webhooks. */
  verifiedByProvider(): Connection {
    return new Connection(this.calls, this.accepted, this.granted, undefined);
  }

  async verifyWebhook(webhook: Webhook): Promise<Authenticity> {
    return (await this.pure("verify-webhook", this.read(webhook))) as Authenticity;
  }

  async receiveWebhook(webhook: Webhook): Promise<ReceivedWebhook> {
    const read = this.read(webhook);
    const verified = this.#verifier?.verify(webhook);
    if (verified === undefined) {
      return this.#bounded((await this.pure("receive-webhook", read)) as ReceivedWebhook);
    }
    if ("rejection" in verified) {
      throw new ProviderError("receive-webhook", verified.rejection);
    }
    const authenticity: Authenticity = { tag: "signed", val: verified.signed };
    try {
      const events = await this.mapAgentEvents({ tag: "webhook", val: webhook.body });
      return { authenticity, events: { tag: "ok", val: events } };
    } catch (error) {
      if (error instanceof ProviderError) {
        return { authenticity, events: { tag: "error", val: error.value as never } };
      }
      throw error;
    }
  }

  async mapAgentEvents(source: EventSource): Promise<AgentEvent[]> {
    if (source.val instanceof Uint8Array && source.val.length > this.calls.limits.input) {
      throw CallError.limit("input", this.calls.limits);
    }
    return this.boundedEvents((await this.pure("map-agent-events", source)) as AgentEvent[]);
  }

  async buildOutboundMessage(conversation: Conversation, message: Outbound): Promise<ProviderRequest[]> {
    const requests = (await this.pure("build-outbound-message", conversation, message)) as ProviderRequest[];
    if (requests.length > this.calls.limits.items) {
      throw CallError.limit("items", this.calls.limits);
    }
    return requests;
  }

  async deliver(request: ProviderRequest): Promise<Delivery> {
    return this.boundedDelivery((await this.effect("deliver", request)) as Delivery);
  }

  async findDelivery(conversation: Conversation, request: ProviderRequest): Promise<DeliveryStatus> {
    const status = (await this.effect("find-delivery", conversation, request)) as DeliveryStatus;
    if (status.tag === "delivered") {
      this.boundedDelivery(status.val);
    }
    return status;
  }

  async observeConversation(conversation: Conversation): Promise<AgentEvent[]> {
    return this.boundedEvents((await this.effect("observe-conversation", conversation)) as AgentEvent[]);
  }

  async fetchAgentMessages(conversation: Conversation): Promise<AgentEvent[]> {
    return this.boundedEvents((await this.effect("fetch-agent-messages", conversation)) as AgentEvent[]);
  }

  async checkAvailability(routing: Routing): Promise<Availability> {
    return (await this.effect("check-availability", routing)) as Availability;
  }

  #bounded(received: ReceivedWebhook): ReceivedWebhook {
    if (received.events.tag === "ok") {
      this.boundedEvents(received.events.val);
    }
    return received;
  }
}
