/**
 * Something about the machine or the configuration that a person must mend. The message says in
 * one line what is wrong and what to do; the command line prints it without a stack.
 */
export class SetupError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SetupError'
  }
}
