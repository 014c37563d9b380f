/** Stylesheets are put in by the build. */
declare module '*.css';
