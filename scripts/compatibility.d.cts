type Json = Record<string, unknown>;

export function specProblems(released: Json, current: Json): string[];
export function catalogProblems(released: Json, current: Json): string[];
