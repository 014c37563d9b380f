/** What an address without a page shows. */
import { text } from '../text/catalogue.ts';
import { Link } from './link.tsx';

export function NotFound({ path }: { path: string }) {
  return (
    <>
      <p>{text.shell.notFoundHelp(path)}</p>
      <p>
        <Link to="/">{text.shell.notFoundBack}</Link>
      </p>
    </>
  );
}
