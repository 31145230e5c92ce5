import { Page } from "../parts/basics.js";
import { linkTo } from "../route.js";

export function NotFound() {
  return (
    <Page title="No such page">
      <p>
        There is nothing here. <a href={linkTo("")}>The overview</a> leads everywhere.
      </p>
    </Page>
  );
}
