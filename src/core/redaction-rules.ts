import { isLikelyPassword, isLikelySecret, isStandIn } from "./secret-shape.ts";

/** One kind of secret. */
export interface RedactionRule {
  readonly id: string;
  /** Lower-case texts of which one stands where the match begins: the pattern is tried there and nowhere else. */
  readonly starts: readonly string[];
  /**
   * Sticky, with indices, every repeat bounded. The group `secret` marks the part to take out; without it, the whole
   * match goes, from the group `beginning` on if a look back has found that.
   */
  readonly pattern: RegExp;
  /** True for rules that know a secret by its surroundings only; a rule that knows its kind overrules them. */
  readonly isGeneric: boolean;
  /** A second look at what the pattern found. */
  readonly accepts?: (secret: string, isQuoted: boolean) => boolean;
}

/** A token does not begin inside a word, unless what stands before it is an escape: \n, %3D or a terminal's colour. */
const boundary = String.raw`(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\[[0-9;]{0,16}m))`;

/** What is longer than a pattern's bound is taken out to its end all the same: see `findSecrets`. */
export const longestMatchCharacters = 256;
const open = longestMatchCharacters;

/** A token that says by its first characters what it is. */
function prefixed(
  id: string,
  starts: readonly string[],
  body: string,
  accepts?: RedactionRule["accepts"],
): RedactionRule {
  const pattern = new RegExp(`${boundary}(?:${starts.map(escapePattern).join("|")})${body}`, "dy");
  const lowered = starts.map((start) => start.toLowerCase());
  return { id, starts: lowered, pattern, isGeneric: false, ...(accepts === undefined ? {} : { accepts }) };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);
}

const hasDigit = (secret: string): boolean => /\d/u.test(secret);
const isMixed = (secret: string): boolean => hasDigit(secret) && isLikelySecret(secret);

/** The formats are those their issuers document, with some room, because issuers make tokens longer over time. */
const prefixedTokens: readonly RedactionRule[] = [
  prefixed("anthropic-key", ["sk-ant-"], `[\\w-]{16,${open}}`),
  prefixed("openai-key", ["sk-"], `[\\w-]{20,${open}}`, isMixed),
  prefixed("github-token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], `[A-Za-z0-9_]{30,${open}}`),
  prefixed("github-fine-grained-token", ["github_pat_"], `\\w{22,${open}}`),
  prefixed(
    "gitlab-token",
    ["glpat-", "glptt-", "glrt-", "gldt-", "glcbt-", "glsoat-", "gloas-"],
    `[\\w.-]{20,${open}}`,
  ),
  prefixed("bitbucket-token", ["ATBB", "ATCTT3xFfG"], `[\\w=-]{28,${open}}`),
  prefixed("atlassian-token", ["ATATT3"], `[\\w=-]{40,${open}}`),
  prefixed("aws-access-key", ["AKIA", "ASIA", "ABIA", "ACCA"], "[A-Z0-9]{16}(?![A-Za-z0-9])"),
  prefixed("google-api-key", ["AIza"], "[\\w-]{35}"),
  prefixed("google-oauth-secret", ["GOCSPX-"], "[\\w-]{28}"),
  prefixed("google-oauth-token", ["ya29."], `[\\w-]{20,${open}}`),
  prefixed(
    "slack-token",
    ["xoxa-", "xoxb-", "xoxe-", "xoxe.", "xoxo-", "xoxp-", "xoxr-", "xoxs-"],
    `[\\w.-]{10,${open}}`,
    hasDigit,
  ),
  prefixed("slack-app-token", ["xapp-"], `[\\w-]{20,${open}}`, hasDigit),
  prefixed("stripe-key", ["sk_live_", "sk_test_", "rk_live_", "rk_test_"], `\\w{16,${open}}`),
  prefixed("stripe-webhook-secret", ["whsec_"], `[A-Za-z0-9+/=]{24,${open}}`),
  prefixed("npm-token", ["npm_"], `[A-Za-z0-9]{36,${open}}`),
  prefixed("pypi-token", ["pypi-"], `[\\w-]{50,${open}}`),
  prefixed("rubygems-token", ["rubygems_"], `[0-9a-f]{40,${open}}`),
  prefixed("docker-token", ["dckr_pat_", "dckr_oat_"], `[\\w-]{20,${open}}`),
  prefixed("hugging-face-token", ["hf_", "api_org_"], `[A-Za-z0-9]{30,${open}}`),
  prefixed("groq-key", ["gsk_"], `[A-Za-z0-9]{40,${open}}`),
  prefixed("xai-key", ["xai-"], `\\w{40,${open}}`),
  prefixed("perplexity-key", ["pplx-"], `[A-Za-z0-9]{32,${open}}`),
  prefixed("replicate-token", ["r8_"], `[A-Za-z0-9]{30,${open}}`),
  prefixed("langsmith-key", ["lsv2_pt_", "lsv2_sk_"], `\\w{32,${open}}`),
  prefixed("sendgrid-key", ["SG."], `[\\w-]{16,64}\\.[\\w-]{30,${open}}`),
  prefixed("mailgun-key", ["key-"], "[0-9a-f]{32}(?![A-Za-z0-9])"),
  prefixed("shopify-token", ["shpat_", "shpca_", "shppa_", "shpss_"], `[0-9a-fA-F]{32,${open}}`),
  prefixed("square-token", ["sq0atp-", "sq0csp-", "sq0idp-"], `[\\w-]{22,${open}}`),
  prefixed("digitalocean-token", ["dop_v1_", "doo_v1_", "dor_v1_"], `[0-9a-f]{64}`),
  prefixed("databricks-token", ["dapi"], "[0-9a-f]{32}(?:-\\d)?(?![A-Za-z0-9])"),
  prefixed("linear-key", ["lin_api_", "lin_oauth_"], `[A-Za-z0-9]{32,${open}}`),
  prefixed("notion-token", ["ntn_", "secret_"], `[A-Za-z0-9]{40,${open}}`, hasDigit),
  prefixed("vault-token", ["hvs.", "hvb.", "hvr."], `[\\w-]{24,${open}}`, hasDigit),
  prefixed("doppler-token", ["dp.pt.", "dp.st.", "dp.ct.", "dp.sa."], `[\\w.-]{36,${open}}`),
  prefixed("grafana-token", ["glc_", "glsa_"], `[\\w+/=]{32,${open}}`),
  prefixed("new-relic-key", ["NRAK-"], `[A-Z0-9]{27}`),
  prefixed("sentry-token", ["sntrys_", "sntryu_"], `[\\w+/=.-]{40,${open}}`),
  prefixed("planetscale-token", ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"], `[\\w.-]{32,${open}}`),
  prefixed("supabase-token", ["sbp_", "sb_secret_"], `\\w{30,${open}}`),
  prefixed("postman-key", ["PMAK-"], `[0-9a-f]{24}-[0-9a-f]{34}`),
  prefixed("pulumi-token", ["pul-"], `[0-9a-f]{40}`),
  prefixed("fly-token", ["fm1_", "fm2_", "fo1_"], `[\\w+/=-]{40,${open}}`),
  prefixed("figma-token", ["figd_"], `[\\w-]{38,${open}}`),
  prefixed("netlify-token", ["nfp_"], `[A-Za-z0-9]{36,${open}}`),
  prefixed("terraform-token", ["atlasv1."], `[\\w-]{60,${open}}`),
  prefixed("age-key", ["AGE-SECRET-KEY-1"], `[A-Z0-9]{58}`),
  // The third part may still be on its way: header and claims alone are worth keeping from the disk.
  prefixed("json-web-token", ["eyJ"], `[\\w-]{8,1024}\\.eyJ[\\w-]{8,${open}}(?:\\.[\\w-]{0,${open}})?`),
];

/** Between two pieces of a key: line ends, also escaped; signs of diffs, quotes and code; line numbers. */
const keyGap = String.raw`(?:\\[nrt]|[^A-Za-z0-9+/=]|(?<![A-Za-z0-9+/=])[\d+]{1,6}(?![A-Za-z0-9+/=])){0,80}`;
const keyHeader = String.raw`\+?(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset|MessageID) ?:[^\n\\]{0,200}`;
const keyEnd = String.raw`-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----`;
/** A key that is still on its way may end anywhere, also within its last, short line or its closing words. */
const keyCutOff = String.raw`(?:-----END[A-Z0-9 ]{0,60}-{0,5})?(?![\s\S])`;
const keyPieces = 4_096;

/** A quote, escaped as often as strings lie in strings. */
const quote = String.raw`\\{0,4}["'\x60]?`;
const scheme = String.raw`(?:[A-Za-z]{3,12}[ \t]{1,4})?`;
const cookiePair = String.raw`[^\s=;"']{1,64}=[^\s;"'\\]{0,1024}`;

const surroundedSecrets: readonly RedactionRule[] = [
  {
    id: "private-key",
    starts: ["-----begin "],
    isGeneric: false,
    // Half a key is a secret too, so its end is not asked for: the pieces tell where it stops and the text goes on.
    pattern: new RegExp(
      `-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----` +
        `(?:${keyGap}${keyHeader}){0,8}(?:${keyGap}[A-Za-z0-9+/=]{16,${open}}){1,${keyPieces}}` +
        `(?:${keyGap}(?:[A-Za-z0-9+/=]{1,15}${keyGap})?(?:${keyEnd}|${keyCutOff}))?`,
      "dy",
    ),
  },
  {
    id: "url-password",
    starts: ["://"],
    isGeneric: false,
    pattern: /:\/\/[^\s/:@"'`<>⟦]{0,64}:(?<secret>[^\s/@"'`<>⟦]{3,1024})@/dy,
    accepts: (secret) => !isStandIn(secret) && !/^(?:pass|password|passwd|pwd|secret|token)$/iu.test(secret),
  },
  {
    id: "slack-webhook",
    starts: ["hooks.slack.com/"],
    isGeneric: false,
    pattern: /hooks\.slack\.com\/(?:services|workflows|triggers)\/(?<secret>[A-Za-z0-9/]{20,1024})/dy,
  },
  {
    id: "discord-webhook",
    starts: ["/api/webhooks/"],
    isGeneric: false,
    pattern: /\/api\/webhooks\/\d{15,22}\/(?<secret>[\w-]{40,1024})/dy,
  },
  {
    id: "telegram-token",
    starts: [":aa"],
    isGeneric: false,
    pattern: new RegExp(String.raw`(?<=${boundary}\d{8,10}):(?<secret>AA[\w-]{33})`, "dy"),
  },
  {
    id: "mailchimp-key",
    starts: ["-us"],
    isGeneric: false,
    pattern: new RegExp(String.raw`(?<=${boundary}(?<beginning>[0-9a-f]{32}))-us\d{1,2}(?![A-Za-z0-9])`, "dy"),
  },
  {
    id: "azure-signature",
    starts: ["sig="],
    isGeneric: false,
    pattern: /(?<=[?&;])sig=(?<secret>[A-Za-z0-9%+/]{30,1024}={0,2})/dy,
  },
  {
    id: "azure-client-secret",
    starts: ["8q~", "7q~"],
    isGeneric: false,
    pattern: new RegExp(String.raw`(?<=${boundary}(?<beginning>[\w~.-]{3}))[78]Q~[\w~.-]{31,34}`, "dy"),
  },
  {
    id: "authorization-header",
    starts: ["authorization"],
    isGeneric: true,
    pattern: new RegExp(
      String.raw`authorization${quote}\s{0,4}[:=]\s{0,4}${quote}${scheme}(?<secret>[\w.~+/=-]{8,1024})`,
      "diy",
    ),
    // A user and a password in base 64 may happen to be letters only.
    accepts: (secret) => isLikelySecret(secret) || /^(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?:[\w+/=]{4}){4,}$/u.test(secret),
  },
  {
    id: "authorization-header",
    starts: ["bearer"],
    isGeneric: true,
    pattern: new RegExp(String.raw`bearer\s{1,4}${quote}(?<secret>[\w.~+/=-]{12,1024})`, "diy"),
    accepts: isLikelySecret,
  },
  {
    id: "cookie",
    starts: ["cookie"],
    isGeneric: true,
    pattern: new RegExp(
      String.raw`cookie${quote}:\s{0,4}${quote}(?<secret>${cookiePair}(?:;\s?${cookiePair}){0,64})`,
      "diy",
    ),
    accepts: (secret) => secret.split(/[=;\s]+/u).some((part) => part.length >= 16 && isLikelySecret(part)),
  },
  {
    id: "command-line-password",
    starts: ["curl "],
    isGeneric: true,
    pattern: /curl(?=\s)[^\n|;]{0,400}?\s(?:-u|--user)[ =]?["']?[^\s:"'$⟦]{1,64}:(?<secret>[^\s"'$⟦]{4,256})/dy,
  },
  {
    id: "command-line-password",
    starts: ["login "],
    isGeneric: true,
    pattern: /login\s{1,4}\S{1,128}\s{1,4}password\s{1,4}(?<secret>[^\s"'{}⟦]{4,256})/dy,
  },
];

const stages = "production|prod|development|dev|staging|test";
const suffix = String.raw`(?:[ _-]?(?:access[ _-]?key|key(?:[_-]?base)?|hash|value|${stages}|v?\d{1,2}))?`;
/** Up to the closing quote, unless that is out of reach. */
const quoted = (sign: string): string => {
  const character = String.raw`(?:[^${sign}\s\\]|\\(?![\\${sign}]))`;
  return String.raw`\\{0,4}${sign}(?<secret>${character}{6,${open}})(?:\\{0,4}${sign}|(?<=[^${sign}\s]{${open}}))`;
};
const typeName = String.raw`(?::\s{0,2}&?(?:string|str|String)\s{0,4})?`;
const assignments = [
  String.raw`(?: ?\[[^\]\n]{0,24}\])?${quote}\]?\s{0,4}${typeName}(?::=|=>|[:=])\s{0,4}`,
  String.raw`\s{1,4}(?:is|was|identified by):?\s{1,4}`,
  // An option of a command, with its value after a space.
  String.raw`(?<=--[\w-]{0,48})\s{1,4}`,
].join("|");
const unquoted = String.raw`(?<secret>[^\s"'\x60,;<>(){}[\]|&\\⟦⟧\x1b]{6,${open}}[([{⟦]?)`;
const values = [quoted(`"`), quoted("'"), unquoted].join("|");

/** Whatever is given to one of these names, in code, in settings, in markup, on a command line or in a sentence. */
function named(id: string, starts: readonly string[], names: string, accepts: RedactionRule["accepts"]): RedactionRule {
  const pattern = `(?:${names})${suffix}(?:(?:${assignments})(?:${values})|>(?<secret>[^<>\\s]{6,${open}})</)`;
  return {
    id,
    starts,
    pattern: new RegExp(pattern, "diy"),
    isGeneric: true,
    ...(accepts === undefined ? {} : { accepts }),
  };
}

const keyOwners = ["api", "access", "private", "signing", "encryption", "master", "auth", "account"];
const keyNames = keyOwners.flatMap((owner) => ["", "_", "-", " "].map((separator) => `${owner}${separator}key`));

const namedSecrets: readonly RedactionRule[] = [
  named("named-password", ["pass", "pwd"], "passwo?r?d|passphrase|passcode|pass|pwd", isLikelyPassword),
  named(
    "named-secret",
    ["secret", "token", "credential", "_auth", 'auth"', ...keyNames],
    `secret|token|credentials?|_?auth|(?:${keyOwners.join("|")})[ _-]?key`,
    isLikelySecret,
  ),
];

/** All rules, the most telling first. */
export const redactionRules: readonly RedactionRule[] = [...prefixedTokens, ...surroundedSecrets, ...namedSecrets];
