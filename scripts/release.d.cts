export function releaseProblems(root: string, tag?: string): string[];
