/** Starts the pages of a hub. */
import { render } from 'preact';
import { HubShell } from './hub/hub-shell.tsx';
import './style/style.css';

render(<HubShell />, document.getElementById('page')!);
