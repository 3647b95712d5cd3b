/**
 * The globals that Node and browsers share and that base/, contracts/ and core/ may use. Those folders are checked
 * with this file in place of Node's or the DOM's types, so that the workstation in the browser can share them.
 */

declare const universalTimer: unique symbol;
interface UniversalTimer {
  readonly [universalTimer]: true;
}
declare function setTimeout(callback: () => void, delayMilliseconds?: number): UniversalTimer;
declare function clearTimeout(timer: UniversalTimer | undefined): void;
declare function queueMicrotask(callback: () => void): void;
declare function structuredClone<T>(value: T): T;

declare const performance: { now(): number };
declare const crypto: {
  getRandomValues<T extends Uint8Array | Uint16Array | Uint32Array>(array: T): T;
  randomUUID(): string;
};

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}
declare const AbortController: new () => AbortController;

declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label?: string,
  options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean },
) => { decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string };
