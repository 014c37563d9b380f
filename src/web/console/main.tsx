/** Starts the page. */
import { render } from 'preact';
import { Shell } from './shell/shell.tsx';
import './style/style.css';

render(<Shell />, document.getElementById('page')!);
