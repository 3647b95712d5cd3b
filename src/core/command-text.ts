/**
 * The command that a person would have typed: agents run commands through a shell (`/bin/bash -lc 'ls | wc'`), and the
 * shell says nothing. What does not look like such a call is left as it is.
 */
export function commandText(command: string): string {
  const wrapped = /^(?:\/[\w./-]+\/)?(?:ba|z|da|k)?sh -l?c (?<script>[\s\S]+)$/u.exec(command)?.groups?.["script"];
  return wrapped === undefined ? command : unquoted(wrapped);
}

/** Undoes the quoting of one shell word; anything more complicated stays as it is. */
function unquoted(word: string): string {
  const single = /^'(?<text>(?:[^']|'\\'')*)'$/u.exec(word)?.groups?.["text"];
  if (single !== undefined) return single.replaceAll("'\\''", "'");
  const double = /^"(?<text>(?:[^"\\]|\\["\\$`])*)"$/u.exec(word)?.groups?.["text"];
  return double === undefined ? word : double.replaceAll(/\\(["\\$`])/gu, "$1");
}
