// A contact center that asks the platform's bots: the calls of the interface `bot-connector`.

import { Connected } from "./connected.js";
import type {
  Bot,
  BotAnswer,
  BotConnectorCalls,
  BotRequest,
  BotResponse,
  Delivery,
  ProviderRequest,
  Turn,
  Webhook,
} from "./contract.js";

/** A provider with the settings of a contact center that asks the platform's bots. */
export class BotConnection extends Connected implements BotConnectorCalls {
  async verifyBotRequest(request: Webhook): Promise<number> {
    return (await this.pure("verify-bot-request", this.read(request))) as number;
  }

  /** Maps a verified request. Its path is relative to the URL of the connection. */
  async mapBotRequest(request: Webhook): Promise<BotRequest> {
    const mapped = (await this.pure("map-bot-request", this.read(request))) as BotRequest;
    if (mapped.tag === "turn") {
      this.boundIds([mapped.val.sessionId, mapped.val.messageId, mapped.val.conversationId]);
    }
    return mapped;
  }

  async buildBotResponse(turn: Turn, turnNumber: number, answer: BotAnswer): Promise<BotResponse> {
    return (await this.pure("build-bot-response", turn, turnNumber, answer)) as BotResponse;
  }

  async buildBotList(bots: Bot[], id?: string): Promise<BotResponse> {
    return (await this.pure("build-bot-list", bots, id)) as BotResponse;
  }

  async buildLateAnswer(turn: Turn, answer: BotAnswer, time: number): Promise<ProviderRequest> {
    return (await this.pure("build-late-answer", turn, answer, time)) as ProviderRequest;
  }

  async deliverLateAnswer(request: ProviderRequest): Promise<Delivery> {
    return this.boundedDelivery((await this.effect("deliver-late-answer", request)) as Delivery);
  }

  async registerBots(bots: Bot[]): Promise<void> {
    await this.effect("register-bots", bots);
  }
}
