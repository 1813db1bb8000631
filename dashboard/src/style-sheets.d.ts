/** Vite turns a style sheet's import into a file. */
declare module '*.css'
