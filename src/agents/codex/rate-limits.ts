import type { AccountRateLimitsUpdatedNotification } from "./protocol/account-rate-limits-updated-notification.ts";
import type { RateLimitSnapshot } from "./protocol/rate-limit-snapshot.ts";
import type { RateLimitWindow } from "./protocol/rate-limit-window.ts";
import { fieldsOf, numberOf } from "./wire-fields.ts";

const exhaustedPercent = 100;

/**
 * When the limit ends that `account/rateLimits/updated` says is used up, in milliseconds since the epoch; null if none
 * is. Of two used-up windows the later one counts, because both must have ended.
 */
export function resetOfExhausted(params: unknown): number | null {
  const snapshot = fieldsOf<RateLimitSnapshot>(fieldsOf<AccountRateLimitsUpdatedNotification>(params).rateLimits);
  const resets = [snapshot.primary, snapshot.secondary].flatMap((value) => {
    const window = fieldsOf<RateLimitWindow>(value);
    const resetsAtSeconds = numberOf(window.resetsAt, null);
    return numberOf(window.usedPercent, 0) >= exhaustedPercent && resetsAtSeconds !== null
      ? [resetsAtSeconds * 1_000]
      : [];
  });
  return resets.length === 0 ? null : Math.max(...resets);
}
