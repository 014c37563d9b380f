/**
 * A value that the first test to use it makes. Code that runs while a test file is loaded belongs to no test, so mutation
 * testing would run every test for it.
 */
export function lazy<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
