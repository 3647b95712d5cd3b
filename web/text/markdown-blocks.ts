const fence = /^ {0,3}(`{3,}|~{3,})/u;
const listItem = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/u;
const continued = /^(?: {2,}|\t)\S/u;

/**
 * Cuts a growing markdown text into blocks that can be drawn on their own: at blank lines that are neither inside a
 * code fence nor inside a list. A block that is followed by another never changes again, so of a long answer only the
 * last block is looked at when text arrives.
 */
export class MarkdownBlocks {
  #text = "";
  readonly #finished: string[] = [];
  /** Where the block that still grows begins. */
  #start = 0;

  /** The blocks of the text. Text that does not go on from the last one begins anew. */
  update(text: string): readonly string[] {
    if (text.length < this.#text.length || !text.startsWith(this.#text)) {
      this.#finished.length = 0;
      this.#start = 0;
    }
    this.#text = text;
    this.#cut();
    return [...this.#finished, text.slice(this.#start)].filter((block) => block.trim() !== "");
  }

  #cut(): void {
    const text = this.#text;
    let openFence: string | null = null;
    let inList = false;
    let blank = false;
    let position = this.#start;
    while (true) {
      const end = text.indexOf("\n", position);
      // The last line may still go on: only whole lines decide.
      if (end === -1) return;
      const line = text.slice(position, Math.min(end, position + 200));
      if (
        blank &&
        openFence === null &&
        line.trim() !== "" &&
        !(inList && (listItem.test(line) || continued.test(line)))
      ) {
        this.#finished.push(text.slice(this.#start, position));
        this.#start = position;
        inList = false;
      }
      const mark = fence.exec(line)?.[1];
      if (openFence === null) {
        openFence = mark ?? null;
        inList ||= listItem.test(line);
      } else if (mark?.startsWith(openFence) === true && line.trim() === mark) {
        openFence = null;
      }
      blank = line.trim() === "";
      position = end + 1;
    }
  }
}
