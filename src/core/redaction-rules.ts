/** One kind of secret: found by `pattern`, which is tried only where one of the lower-case `keywords` occurs. */
export interface RedactionRule {
  readonly id: string;
  readonly keywords: readonly string[];
  /** Global and sticky-free. A named group `secret` marks the part to take out; without it, the whole match goes. */
  readonly pattern: RegExp;
}

/** Prefixed tokens say what they are; the formats are those their issuers document. */
export const redactionRules: readonly RedactionRule[] = [
  { id: "openai-key", keywords: ["sk-"], pattern: /\bsk-(?!ant-)(?:[A-Za-z0-9]+-)*[A-Za-z0-9_-]{16,}/gu },
  { id: "anthropic-key", keywords: ["sk-ant-"], pattern: /\bsk-ant-[A-Za-z0-9_-]{16,}/gu },
  { id: "github-token", keywords: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], pattern: /\bgh[pousr]_[A-Za-z0-9]{30,}/gu },
  { id: "github-fine-grained-token", keywords: ["github_pat_"], pattern: /\bgithub_pat_[A-Za-z0-9_]{22,}/gu },
  { id: "gitlab-token", keywords: ["glpat-"], pattern: /\bglpat-[A-Za-z0-9_-]{20,}/gu },
  { id: "aws-access-key", keywords: ["akia", "asia"], pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/gu },
  {
    id: "aws-secret-key",
    keywords: ["aws_secret_access_key", "secretaccesskey"],
    pattern: /(?:aws_secret_access_key|secretaccesskey)["']?\s*[:=]\s*["']?(?<secret>[A-Za-z0-9/+=]{40})/giu,
  },
  { id: "google-api-key", keywords: ["aiza"], pattern: /\bAIza[A-Za-z0-9_-]{35}/gu },
  { id: "slack-token", keywords: ["xox"], pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/gu },
  {
    id: "slack-webhook",
    keywords: ["hooks.slack.com"],
    pattern: /hooks\.slack\.com\/services\/(?<secret>[A-Za-z0-9/]{20,})/gu,
  },
  {
    id: "stripe-key",
    keywords: ["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
    pattern: /\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}/gu,
  },
  { id: "npm-token", keywords: ["npm_"], pattern: /\bnpm_[A-Za-z0-9]{36}\b/gu },
  { id: "pypi-token", keywords: ["pypi-"], pattern: /\bpypi-[A-Za-z0-9_-]{50,}/gu },
  { id: "hugging-face-token", keywords: ["hf_"], pattern: /\bhf_[A-Za-z0-9]{30,}/gu },
  { id: "sendgrid-key", keywords: ["sg."], pattern: /\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,}/gu },
  {
    id: "json-web-token",
    keywords: ["eyj"],
    pattern: /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/gu,
  },
  {
    id: "private-key",
    keywords: ["private key-----", "private key block-----"],
    // Without its end the rest of the text counts as the key: half a key is still a secret.
    pattern:
      /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$(?![\s\S]))/gu,
  },
  {
    id: "url-password",
    keywords: ["://"],
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]{0,64}:(?<secret>[^\s/@"'`]{1,256})@/giu,
  },
  {
    id: "authorization-header",
    keywords: ["authorization", "bearer "],
    pattern:
      /\b(?:authorization["']?\s*[:=]\s*["']?(?:basic|bearer|token)?|bearer)\s+(?<secret>[A-Za-z0-9._~+/=-]{16,})/giu,
  },
  {
    id: "named-secret",
    keywords: ["password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "access_key", "private_key"],
    pattern:
      /\b[\w.-]{0,64}(?:passwo?r?d|secret|token|api[_-]?key|access[_-]key|private[_-]key)["']?\s{0,4}[:=]\s{0,4}(?:"(?<quoted>[^"\s]{8,256})"|'(?<single>[^'\s]{8,256})'|(?<secret>(?=[^\s"']*\d)(?=[^\s"']*[A-Za-z])[A-Za-z0-9_./+=~-]{12,256}))/giu,
  },
];
