// What the connections of both interfaces share: the settings, and the checks of values.

import type { Calls, Granted } from "./calls.js";
import type {
  AcceptedSettings,
  AgentEvent,
  Check,
  ConfigurationCalls,
  Delivery,
  ProvisioningMode,
  ProvisioningStep,
  SettingsProblem,
  Webhook,
} from "./contract.js";
import { CallError } from "./errors.js";
import type { Limits } from "./limits.js";
import { lower } from "./values.js";

/** A provider with the settings of one contact center. */
export abstract class Connected implements ConfigurationCalls {
  /** @internal */
  constructor(
    protected readonly calls: Calls,
    protected readonly accepted: AcceptedSettings,
    protected readonly granted: Granted,
  ) {}

  /** The limits of its calls. */
  get limits(): Limits {
    return this.calls.limits;
  }

  /** The problems of the settings that do not prevent their use. */
  get warnings(): SettingsProblem[] {
    return this.accepted.warnings;
  }

  async checkConnection(probe?: string): Promise<Check[]> {
    return (await this.effect("check-connection", probe)) as Check[];
  }

  async provision(webhookUrl: string, mode: ProvisioningMode): Promise<ProvisioningStep[]> {
    return (await this.effect("provision", webhookUrl, mode)) as ProvisioningStep[];
  }

  protected pure(name: string, ...values: unknown[]): Promise<unknown> {
    return this.calls.make(name, [this.accepted.prepared, ...values], undefined, this.granted.namespace);
  }

  protected effect(name: string, ...values: unknown[]): Promise<unknown> {
    // In a fresh instance, because a call that asks ends in the middle.
    return this.calls.make(name, [this.accepted.prepared, ...values], this.granted, undefined);
  }

  /** Returns the webhook with only the headers that the provider reads. */
  protected read(webhook: Webhook): Webhook {
    const { limits } = this.calls;
    // Checks the types first, which the sizes need.
    lower("webhook", webhook, "webhook");
    const sizes = webhook.headers.map(([name, value]) => name.length + value.length);
    if (sizes.length > limits.headers) {
      throw CallError.limit("headers", limits);
    }
    const others = webhook.method.length + webhook.path.length + webhook.body.length;
    if (sizes.reduce((sum, size) => sum + size, others) > limits.input) {
      throw CallError.limit("input", limits);
    }
    const read = new Set(this.accepted.headers.map((name) => name.toLowerCase()));
    return { ...webhook, headers: webhook.headers.filter(([name]) => read.has(name.toLowerCase())) };
  }

  protected boundedDelivery(delivery: Delivery): Delivery {
    this.boundIds([delivery.messageId, delivery.conversationId]);
    this.boundedEvents(delivery.events);
    return delivery;
  }

  protected boundedEvents(events: AgentEvent[]): AgentEvent[] {
    if (events.length > this.calls.limits.items) {
      throw CallError.limit("items", this.calls.limits);
    }
    this.boundIds(events.flatMap(({ id, recipient, conversationId }) => [id, recipient, conversationId]));
    return events;
  }

  protected boundIds(ids: (string | undefined)[]): void {
    if (ids.some((id) => id !== undefined && Buffer.byteLength(id) > this.calls.limits.id)) {
      throw CallError.limit("id", this.calls.limits);
    }
  }
}
