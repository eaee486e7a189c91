/** How far a long command is, on one line of the terminal that is written over; nothing where nobody watches. */
export interface ProgressLine {
  readonly say: (done: number, of: number) => void;
  readonly end: () => void;
}

export function progressLine(): ProgressLine {
  if (process.stderr.isTTY !== true) return { say: () => undefined, end: () => undefined };
  return {
    say: (done, of) => void process.stderr.write(`\r${done} of ${of}`),
    end: () => void process.stderr.write("\r\u001b[K"),
  };
}
