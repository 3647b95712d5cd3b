/**
 * A second opinion on what stands where a secret could stand: `token = …` may hold a token, the name of a variable,
 * a type or a text for people. Names are made of words; secrets are not.
 */

/** So much of a value shows what it is; a hostile one is not worth a longer look. */
const shownCharacters = 128;

/** Whether the value of something called token, secret or key can be one. */
export function isLikelySecret(value: string): boolean {
  const shown = value.slice(0, shownCharacters);
  if (isStandIn(value) || isPlaceOrTime(shown) || isWordy(shown)) return false;
  return shown.replace(/[^A-Za-z0-9]/gu, "").length >= 8 && /[A-Za-z]/u.test(shown);
}

/** Whether the value of something called password can be one. People choose them, so they may be made of words. */
export function isLikelyPassword(value: string, isQuoted: boolean): boolean {
  const shown = value.slice(0, shownCharacters);
  if (isStandIn(value) || isPlaceOrTime(shown) || /^\d+(?:\.\d+)+$/u.test(shown)) return false;
  if (isQuoted) return /[\d!#$%&*+=?@^~]/u.test(shown) || /^[A-Za-z]{16,}$/u.test(shown);
  return /\d/u.test(shown) && /[A-Za-z]/u.test(shown) && !isWordy(shown);
}

/** What people write where a secret would go, and what a program puts there only when it runs. */
export function isStandIn(value: string): boolean {
  if (/[([{⟦]/u.test(value.slice(-1))) return true;
  const shown = value.slice(0, shownCharacters);
  const words =
    /^(?:[<{]|[$@]\w+$|%\w+%?$|your|change-?me|example|placeholder|redacted|undefined|process\.env|os\.environ)/iu;
  return words.test(shown) || /\$[{(]|\{\{|\*{3}|\.{3}|…|[xX]{5}|^[*.]+$/u.test(shown);
}

function isPlaceOrTime(value: string): boolean {
  // Base 64 may begin with a slash as well, so one in front is not enough.
  const names = value.startsWith("/") ? value.split("/").filter((name) => /^[A-Za-z]?[a-z._-]+$/u.test(name)) : [];
  const isPath = names.length >= 2 || /^(?:(?:~|\.{1,2})\/|\/[a-z._-]+$)/u.test(value);
  const isDate = /^\d{4}-\d\d-\d\d/u.test(value);
  return isPath || isDate || /^(?:[a-z][a-z+.-]{1,20}:\/\/|0x[0-9a-f]{1,16}$)/iu.test(value);
}

const wordsWithDigits = new RegExp(
  `^(?:${[
    ...["(?:big)?u?int\\d+\\w*", "float\\d+\\w*", "base\\d\\d\\w*", "sha\\d+\\w*", "aes\\d+\\w*", "utf\\d+\\w*"],
    ...["oauth2\\w*", "v\\d+(?:alpha|beta|rc)\\d*", "ed25519", "secp\\w+", "x86", "i18n", "l10n", "k8s", "a11y", "e2e"],
  ].join("|")})$`,
  "iu",
);

/** Whether a text is made of words and small numbers, as names, versions and dotted paths are: `tokens.blue500`. */
function isWordy(value: string): boolean {
  let mixed = "";
  for (const piece of value.split(/[^A-Za-z0-9]+/u)) {
    if (/^\d{0,4}$/u.test(piece) || wordsWithDigits.test(piece)) continue;
    const [, letters = "", digits = ""] = /^([A-Za-z]+)(\d*)$/u.exec(piece) ?? [];
    if (letters === "" || digits.length > (piece.length <= 7 ? 3 : 2)) return false;
    if (!/^(?:[A-Z]?[a-z]+|[A-Z]+)$/u.test(letters)) mixed += letters;
  }
  // In random letters the case changes with every second one, in names of several words with every fifth or so.
  const words = mixed.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/gu) ?? [];
  return mixed.length < 12 || mixed.length / words.length >= (mixed.length < 16 ? 2.5 : 3.3);
}
