export type Build = 'release' | 'debug';
export function built(name: string, build: Build): string;
export function textOf(file: string): string;
