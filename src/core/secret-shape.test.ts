import { describe, expect, it } from "vitest";
import { seeds } from "../../test/support/seeds.ts";
import { integerBetween, seededRandom } from "../base/random.ts";
import { isLikelyPassword, isLikelySecret } from "./secret-shape.ts";

const alphabets = {
  hexadecimal: "0123456789abcdef",
  "letters and digits": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
  "base 64": "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
  "small letters and digits": "abcdefghijklmnopqrstuvwxyz0123456789",
  "base 32": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
};

describe("a random value of 32 characters", () => {
  it.each(Object.entries(alphabets))("is taken for a secret: %s", (_, alphabet) => {
    // A few in ten thousand look like words by chance; none of the first five hundred of any alphabet does.
    for (const seed of seeds(500)) {
      const random = seededRandom(seed);
      const pick = (): string => alphabet.charAt(integerBetween(random, 0, alphabet.length - 1));
      const value = Array.from({ length: 32 }, pick).join("");
      expect(isLikelySecret(value), `seed ${seed}: ${value}`).toBe(true);
    }
  });
});

describe("what people and programs write in a secret's place", () => {
  it.each([
    ...["string", "undefined", "Uint8Array", "AccessToken", "getAccessTokenSilently", "auth.token.v2", "oauth2-proxy"],
    ...[
      "process.env.TOKEN_2",
      "${TOKEN_2}",
      "$TOKEN_2",
      "{{ .token2 }}",
      "<your-token-1>",
      "%TOKEN2%",
      "your-token-here-1",
    ],
    ...[
      "xxxxxxxxxxxx1",
      "***1a2b3c",
      "abc1...def2",
      "next2Token(",
      "tokens2[",
      "2026-01-15T10:30:00Z",
      "1.302.103-rc4",
    ],
    ...[
      "/run/secrets/db_password1",
      "./config/token2.txt",
      "https://vault.test/v1/a1b2c3",
      "0xdeadbeef1",
      "4102444800",
    ],
    ...[
      "base64url-encoded",
      "sha256-of-the-file",
      "i18n-en-US",
      "x86_64-unknown-linux-gnu",
      "tokens.color.blue500",
      "",
    ],
  ])("is none: %j", (value) => {
    expect([isLikelySecret(value), isLikelyPassword(value, false)]).toEqual([false, false]);
  });
});

describe("a password that somebody chose", () => {
  it.each([
    ["hunter2hunter2", true, true],
    ["p4ssw0rd", true, true],
    ["correct#horse", true, false],
    ["$ecr3t-Pass!", true, true],
    ["@dm1n%Pa55", true, true],
    ["correcthorsebatterystaple", true, false],
    ["postgres123", true, true],
    ["newPassword2", true, false],
    ["Passwort", false, false],
    ["required", false, false],
    ["1.302103", false, false],
  ])("%s is one in quotes: %s, and without them, where a name could stand: %s", (value, inQuotes, bare) => {
    expect([isLikelyPassword(value, true), isLikelyPassword(value, false)]).toEqual([inQuotes, bare]);
  });
});
