import type { Random } from "../../src/base/random.ts";
import { integerBetween } from "../../src/base/random.ts";

/** A made-up secret. It is put together at run time, so that no scanner takes this file for a leak. */
export interface SeededSecret {
  readonly kind: string;
  /** The secret with what it needs around it to be known as one; for a token that says its kind, the token alone. */
  readonly text: string;
  /** What must not be left of it: the token, the password, the lines of the key. */
  readonly pieces: readonly string[];
}

const digits = "0123456789";
const hex = `${digits}abcdef`;
const lower = "abcdefghijklmnopqrstuvwxyz";
const upper = lower.toUpperCase();
const base62 = digits + lower + upper;
const base64 = `${base62}+/`;
const url64 = `${base62}_-`;

type Text = (alphabet: string, length: number) => string;

/** One secret of every kind that Keelson promises to know. */
export function seededSecrets(random: Random): SeededSecret[] {
  const text: Text = (alphabet, length) =>
    Array.from({ length }, () => alphabet.charAt(integerBetween(random, 0, alphabet.length - 1))).join("");
  return [...tokens(text), ...tokensOfParts(text), ...surrounded(text), ...named(text), ...privateKeys(text)];
}

/** Tokens made of a prefix and one random run. */
function tokens(text: Text): SeededSecret[] {
  const kinds: [kind: string, prefix: string, alphabet: string, length: number][] = [
    ["Anthropic", "sk-ant-api03-", url64, 95],
    ["OpenAI project", "sk-proj-", url64, 120],
    ["OpenAI service account", "sk-svcacct-", url64, 60],
    ["OpenAI classic", "sk-", base62, 48],
    ["OpenRouter", "sk-or-v1-", hex, 64],
    ["GitHub personal", "ghp_", base62, 36],
    ["GitHub OAuth", "gho_", base62, 36],
    ["GitHub user", "ghu_", base62, 36],
    ["GitHub server", "ghs_", base62, 36],
    ["GitHub refresh", "ghr_", base62, 76],
    ["GitHub fine-grained", "github_pat_11", `${base62}_`, 80],
    ["GitLab personal", "glpat-", url64, 20],
    ["GitLab runner", "glrt-", url64, 20],
    ["Bitbucket", "ATBB", base62, 32],
    ["Fly", "fm2_", `${base62}+/`, 120],
    ["Atlassian", "ATATT3xFfGF0", url64, 180],
    ["AWS access key", "AKIA", `${upper}234567`, 16],
    ["AWS temporary key", "ASIA", `${upper}234567`, 16],
    ["Google API", "AIza", url64, 35],
    ["Google OAuth secret", "GOCSPX-", url64, 28],
    ["Google OAuth token", "ya29.a0", url64, 120],
    ["Slack app", "xapp-1-A0", `${upper}${digits}`, 60],
    ["Stripe live", "sk_live_", base62, 24],
    ["Stripe restricted", "rk_test_", base62, 24],
    ["Stripe webhook", "whsec_", base62, 32],
    ["npm", "npm_", base62, 36],
    ["PyPI", "pypi-AgEIcHlwaS5vcmc", url64, 140],
    ["RubyGems", "rubygems_", hex, 48],
    ["Docker", "dckr_pat_", url64, 27],
    ["Hugging Face", "hf_", base62, 34],
    ["Groq", "gsk_", base62, 52],
    ["xAI", "xai-", base62, 80],
    ["Perplexity", "pplx-", base62, 48],
    ["Replicate", "r8_", base62, 37],
    ["Mailgun", "key-", hex, 32],
    ["Shopify", "shpat_", hex, 32],
    ["Square", "sq0atp-", url64, 22],
    ["DigitalOcean", "dop_v1_", hex, 64],
    ["Databricks", "dapi", hex, 32],
    ["Linear", "lin_api_", base62, 40],
    ["Notion", "ntn_", base62, 46],
    ["Vault", "hvs.CAES", url64, 90],
    ["Doppler", "dp.pt.", base62, 43],
    ["Grafana", "glsa_", base62, 41],
    ["New Relic", "NRAK-", `${upper}${digits}`, 27],
    ["Sentry", "sntryu_", hex, 64],
    ["PlanetScale", "pscale_tkn_", url64, 43],
    ["Supabase", "sbp_", hex, 40],
    ["Pulumi", "pul-", hex, 40],
    ["Figma", "figd_", url64, 40],
    ["Netlify", "nfp_", base62, 40],
    ["age", "AGE-SECRET-KEY-1", `${upper}${digits}`, 58],
  ];
  return kinds.map(([kind, prefix, alphabet, length]) => token(kind, prefix + text(alphabet, length)));
}

function token(kind: string, secret: string): SeededSecret {
  return { kind, text: secret, pieces: [secret] };
}

function tokensOfParts(text: Text): SeededSecret[] {
  const claims = Buffer.from(JSON.stringify({ sub: text(digits, 10), name: text(lower, 20) })).toString("base64url");
  const header = Buffer.from(JSON.stringify({ alg: "HS256", typ: "JWT" })).toString("base64url");
  return [
    token("JSON web token", `${header}.${claims}.${text(url64, 43)}`),
    token("Slack bot", `xoxb-${text(digits, 12)}-${text(digits, 12)}-${text(base62, 24)}`),
    token("SendGrid", `SG.${text(url64, 22)}.${text(url64, 43)}`),
    token("Postman", `PMAK-${text(hex, 24)}-${text(hex, 34)}`),
    token("LangSmith", `lsv2_pt_${text(hex, 32)}_${text(hex, 10)}`),
    token("Terraform", `${text(base62, 14)}.atlasv1.${text(url64, 67)}`.slice(15)),
    { kind: "Telegram", ...within(`${text("123456789", 10)}:`, `AA${text(url64, 33)}`) },
    { kind: "Mailchimp", ...within("", text(hex, 32), "-us12") },
    { kind: "Azure client secret", ...within("", `${text(base62, 3)}8Q~${text(url64, 34)}`) },
  ];
}

function within(before: string, secret: string, after = ""): Pick<SeededSecret, "text" | "pieces"> {
  return { text: before + secret + after, pieces: [secret] };
}

function surrounded(text: Text): SeededSecret[] {
  const password = `${text(base62, 11)}${text(digits, 2)}!${text(base62, 2)}`;
  return [
    { kind: "PostgreSQL URL", ...within("postgres://app:", password, "@db.internal:5432/app") },
    {
      kind: "MongoDB URL",
      ...within("mongodb+srv://root:", text(base62, 18), "@cluster0.mongodb.net/x?retryWrites=true"),
    },
    { kind: "Redis URL without a user", ...within("redis://:", text(base62, 20), "@127.0.0.1:6379") },
    { kind: "git remote", ...within("https://oauth2:", text(base62, 20), "@gitlab.com/team/app.git") },
    {
      kind: "Slack webhook",
      ...within(`https://hooks.slack.com/services/`, `T${text(upper, 8)}/B${text(upper, 8)}/${text(base62, 24)}`),
    },
    {
      kind: "Discord webhook",
      ...within(`https://discord.com/api/webhooks/${text("12345678", 18)}/`, text(url64, 68)),
    },
    {
      kind: "Azure signature",
      ...within("https://x.blob.core.windows.net/c?sv=2024-11-04&sig=", `${text(base62, 43)}%3D`),
    },
    {
      kind: "Azure storage",
      ...within("AccountName=x;AccountKey=", `${text(base64, 86)}==`, ";EndpointSuffix=core.windows.net"),
    },
    { kind: "bearer", ...within("Authorization: Bearer ", text(url64, 40)) },
    { kind: "basic", ...within("authorization: Basic ", Buffer.from(`ada:${password}`).toString("base64")) },
    { kind: "cookie", ...within("Cookie: theme=dark; ", `session=${text(base62, 40)}`) },
    { kind: "set cookie", ...within("Set-Cookie: ", `sid=${text(hex, 32)}`, "; Path=/; HttpOnly") },
    { kind: "curl", ...within("curl -sS -u ada:", text(base62, 14), " https://api.test/v1") },
    { kind: "netrc", ...within("machine api.test login ada password ", text(base62, 14)) },
  ];
}

function named(text: Text): SeededSecret[] {
  const key = text(base62, 24);
  const chosen = `${text(lower, 5)}${text(digits, 2)}${text(lower, 4)}${text(digits, 1)}`;
  return [
    { kind: "AWS secret key", ...within("aws_secret_access_key = ", text(base64, 40)) },
    { kind: "AWS prompt", ...within("AWS Secret Access Key [None]: ", text(base64, 40)) },
    { kind: "environment", ...within("export WEBHOOK_SECRET=", text(hex, 40)) },
    { kind: "environment, with a suffix", ...within("SECRET_KEY_BASE=", text(hex, 64)) },
    { kind: "YAML", ...within("  client_secret: ", key) },
    { kind: "TypeScript", ...within('const apiKey: string = "', key, '";') },
    { kind: "Go", ...within('authToken := "', key, '"') },
    { kind: "Ruby", ...within("'token' => '", key, "'") },
    { kind: "Python", ...within('settings["api_key"] = "', key, '"') },
    { kind: "XML", ...within("<secret>", key, "</secret>") },
    { kind: "header", ...within("X-Api-Key: ", text(base62, 32)) },
    { kind: "npmrc", ...within("//npm.internal/:_authToken=", text(base62, 36)) },
    { kind: "query", ...within("GET /v1/items?access_token=", text(base62, 30), "&page=2") },
    { kind: "option", ...within("deploy --api-token ", text(base62, 30), " --now") },
    { kind: "sentence", ...within("The API key is ", text(base62, 30)) },
    {
      kind: "a UUID as a key",
      ...within("HEROKU_API_KEY=", [8, 4, 4, 4, 12].map((length) => text(hex, length)).join("-")),
    },
    {
      kind: "password in code",
      ...within('password: "', `${text(lower, 4)}#${text(digits, 3)}${text(upper, 2)}`, '"'),
    },
    { kind: "password in the environment", ...within("PGPASSWORD=", chosen) },
    { kind: "password as an option", ...within("mysql --password=", chosen) },
    { kind: "password in a sentence", ...within("the password is ", chosen) },
    { kind: "password in XML", ...within("<password>", chosen, "</password>") },
  ];
}

function privateKeys(text: Text): SeededSecret[] {
  const body = (lines: number, width: number): string[] => [
    ...Array.from({ length: lines }, () => text(base64, width)),
    `${text(base64, 22)}==`,
  ];
  const block = (kind: string, label: string, headers: string, pieces: string[]): SeededSecret => ({
    kind,
    text: `-----BEGIN ${label}-----\n${headers}${pieces.join("\n")}\n-----END ${label}-----`,
    pieces,
  });
  const encrypted = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,${text(hex.toUpperCase(), 32)}\n\n`;
  return [
    block("RSA key", "RSA PRIVATE KEY", "", body(24, 64)),
    block("PKCS 8 key", "PRIVATE KEY", "", body(2, 64)),
    block("OpenSSH key", "OPENSSH PRIVATE KEY", "", body(5, 70)),
    block("encrypted key", "EC PRIVATE KEY", encrypted, body(3, 64)),
    block("PGP key", "PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\n\n", body(40, 64)),
  ];
}
