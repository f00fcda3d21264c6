// Subscriptions for PostGraphile as its documentation shows them: a trigger notifies the topic of a
// conversation, `listen` hears it through PostGraphile's own PgSubscriber (one connection that
// listens to all topics), and the message is read again as the subscriber, under her policies.

import { jsonParse } from "postgraphile/@dataplan/json";
import { context, lambda, listen } from "postgraphile/grafast";
import { extendSchema } from "postgraphile/utils";

export const SubscriptionsPlugin = extendSchema((build) => {
  const { messages } = build.input.pgRegistry.pgResources;
  return {
    typeDefs: /* GraphQL */ `
      extend type Subscription {
        conversationEvents(conversationId: UUID!): ConversationEvent
      }
      type ConversationEvent {
        message: Message
      }
    `,
    objects: {
      Subscription: {
        plans: {
          conversationEvents: {
            subscribePlan(_$root, { $conversationId }) {
              const $topic = lambda($conversationId, (id) => `conversation:${id}`);
              return listen(context().get("pgSubscriber"), $topic, jsonParse);
            },
            plan($event) {
              return $event;
            },
          },
        },
      },
      ConversationEvent: {
        plans: {
          message($event) {
            return messages.get({ id: $event.get("id") });
          },
        },
      },
    },
  };
});
