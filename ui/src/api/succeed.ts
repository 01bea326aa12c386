interface Answer {
  success?: boolean | null;
  error?: string | null;
}

/** Throws with the server's reason, or `otherwise`, when a mutation has done nothing. */
export function mustSucceed(answer: Answer | null | undefined, otherwise: string): void {
  if (!answer?.success) throw new Error(answer?.error || otherwise);
}
