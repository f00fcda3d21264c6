// What an app does with the types that the Supabase CLI makes of our tables.
import type { Database } from './database.js';

type Tables = Database['public']['Tables'];
type Message = Tables['messages']['Row'];

export const say = (message: Message): string => `${message.role}: ${message.content}`;

export const started: Tables['conversations']['Insert'] = { title: 'Awake at four' };

// Each of these is a mistake, and must be seen as one.
// @ts-expect-error there is no such role
export const role: Message['role'] = 'narrator';
// @ts-expect-error a message needs its content
export const unsaid: Tables['messages']['Insert'] = { conversation_id: 'x', role: 'user' };
// @ts-expect-error there is no such table
export type Missing = Tables['nothing'];
