/** The path of a database that lives in memory and ends with its process. */
export const IN_MEMORY = ':memory:';
