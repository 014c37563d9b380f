/** A text in which flags of commands, as `--state`, are set as code and are not broken after a hyphen. */
const FLAG = /(--[a-z][a-z-]*)/;

export function CommandWords({ words }: { words: string }) {
  return (
    <>
      {words.split(FLAG).map((part, at) =>
        at % 2 === 0 ? (
          part
        ) : (
          <code key={at} class="nowrap">
            {part}
          </code>
        ),
      )}
    </>
  );
}
