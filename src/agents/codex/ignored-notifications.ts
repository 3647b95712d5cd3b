import type { NotificationMethod } from "./protocol/notification-method.ts";
import type { UnconsideredNotification } from "./translate-notification.ts";

/**
 * Notifications that are known and deliberately not passed on: what they say is in other messages too, concerns
 * features Keelson does not offer, or is read where it is needed (the rate limits, the hooks, the threads' family).
 */
export const ignoredNotifications = [
  "account/gatewayOAuth/changed",
  "account/login/completed",
  "account/rateLimits/updated",
  "account/updated",
  "app/list/updated",
  "autoApprovalReview/strictReviewRequired",
  "command/exec/outputDelta",
  "externalAgentConfig/import/completed",
  "externalAgentConfig/import/progress",
  "fs/changed",
  "fuzzyFileSearch/sessionCompleted",
  "fuzzyFileSearch/sessionUpdated",
  "hook/completed",
  "hook/started",
  "item/autoApprovalReview/completed",
  "item/autoApprovalReview/started",
  "item/commandExecution/terminalInteraction",
  "item/fileChange/outputDelta",
  "item/fileChange/patchUpdated",
  "item/mcpToolCall/progress",
  "mcpServer/event/stream/notification",
  "mcpServer/oauthLogin/completed",
  "mcpServer/startupStatus/updated",
  "model/safetyBuffering/updated",
  "model/verification",
  "modelProvider/authRecoveryCompleted",
  "modelProvider/authRecoveryStarted",
  "process/exited",
  "process/outputDelta",
  "project/changed",
  "rawResponse/completed",
  "rawResponseItem/completed",
  "remoteControl/status/changed",
  "serverRequest/resolved",
  "skills/changed",
  "thread/archived",
  "thread/attachment/updated",
  "thread/closed",
  "thread/compacted",
  "thread/deleted",
  "thread/environment/connected",
  "thread/environment/disconnected",
  "thread/goal/cleared",
  "thread/goal/updated",
  "thread/name/updated",
  "thread/prediction/updated",
  "thread/project/updated",
  "thread/queue/changed",
  "thread/readState/changed",
  "thread/realtime/closed",
  "thread/realtime/error",
  "thread/realtime/item/completed",
  "thread/realtime/item/started",
  "thread/realtime/item/transcript/delta",
  "thread/realtime/itemAdded",
  "thread/realtime/outputAudio/delta",
  "thread/realtime/sdp",
  "thread/realtime/started",
  "thread/realtime/transcript/delta",
  "thread/realtime/transcript/done",
  "thread/reverted",
  "thread/section/changed",
  "thread/settings/updated",
  "thread/started",
  "thread/status/changed",
  "thread/unarchived",
  "turn/diff/updated",
  "turn/moderationMetadata",
  "windows/worldWritableWarning",
  "windowsSandbox/setupCompleted",
] as const satisfies readonly NotificationMethod[];

const ignored: ReadonlySet<string> = new Set(ignoredNotifications);

/** Whether a notification is ignored on purpose, in contrast to one this version has never heard of. */
export function isIgnoredNotification(method: string): boolean {
  return ignored.has(method);
}

/** Fails to compile when the protocol gains a notification that is neither translated nor listed above. */
export const everyNotificationIsConsidered: [UnconsideredNotification] extends [never] ? true : never = true;
