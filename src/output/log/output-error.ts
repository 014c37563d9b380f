/** An output that cannot be written: full disk, missing folder, or a reader that closed it. */
export class OutputError extends Error {
  readonly closedByReader: boolean;

  constructor(name: string, cause: NodeJS.ErrnoException) {
    const closed = cause.code === 'EPIPE';
    super(
      closed ? `${name} was closed by its reader before all was written` : `cannot write ${name}: ${cause.message}`,
    );
    this.closedByReader = closed;
  }
}
