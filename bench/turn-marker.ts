/**
 * Names one turn of one call in a word that travels through every vendor: the recogniser's stand-in says it, the
 * model's repeats it in its first clause, the voice's is asked to speak it. It is all small letters, because numbers
 * and short forms are said in other words than they are written.
 */
export function turnMarker(connection: number, utterance: number): string {
  return `mark${letters(connection)}q${letters(utterance)}k`;
}

export function markerIn(text: string): string | undefined {
  return /mark[a-j]+q[a-j]+k/.exec(text)?.[0];
}

function letters(number: number): string {
  return String(number).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)] as string);
}
