/** A TOML basic string. JSON's escapes are TOML's too, save for the one control character that JSON leaves alone. */
export function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
