/**
 * Connects a bot platform with the human agents of a contact center: loads a provider, a WebAssembly component, and calls
 * it within limits.
 */

export { BotConnection } from "./bot-connection.js";
export { MemoryCache, type Cache } from "./cache.js";
export { transpile, type TranspiledComponent } from "./component.js";
export { Connection } from "./connection.js";
export type * from "./contract.js";
export {
  ArgumentError,
  CallError,
  ConnectError,
  LoadError,
  ProviderError,
  type CallErrorKind,
  type ConnectErrorKind,
} from "./errors.js";
export { Host, type HostOptions } from "./host.js";
export { HttpClient, type HttpClientLimits, type Transport } from "./http.js";
export { fromJson, toJson } from "./json.js";
export type { Limits } from "./limits.js";
export { Provider } from "./provider.js";
export type { CheckedRequest } from "./requests.js";
export { webhookFrom, webhookHandler, webhookPlugin, type EventHandler } from "./webhook.js";
