/** cli: the commands, thin. Nothing imports this folder; its entry is main.ts. */
export { COMMANDS } from './command-table.ts'
