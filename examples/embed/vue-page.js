// A page in Vue with the portal in it, which changes its language while it runs and can be put away.
import { createApp } from "vue";
import Page from "./Page.vue";

createApp(Page).mount("#page");
