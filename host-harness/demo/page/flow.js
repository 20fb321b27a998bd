// Structured messages that a bot flow of the contact center can send: by name, the request body for the desk, or a
// function that returns it.

export const FLOW_MESSAGES = {
  'Quick replies': {
    text: 'Did it help?',
    content: ['Yes', 'No'].map((text) => ({ contentType: 'QuickReply', quickReply: { text, payload: text.toLowerCase(), action: 'Message' } })),
  },
  Card: {
    content: [
      {
        contentType: 'Card',
        card: {
          title: 'Your parcel',
          description: 'It is at the depot.',
          actions: [
            { type: 'Postback', text: 'Send it again', payload: 'again' },
            { type: 'Link', text: 'Show depot', url: 'https://example.com/depot' },
          ],
        },
      },
    ],
  },
  Carousel: {
    content: [
      {
        contentType: 'Carousel',
        carousel: {
          cards: ['Monday', 'Tuesday'].map((day) => ({
            title: day,
            description: 'Between 9:00 and 12:00',
            actions: [{ type: 'Postback', text: `Take ${day}`, payload: day.toLowerCase() }],
          })),
        },
      },
    ],
  },
  'Date picker': () => ({
    content: [
      {
        contentType: 'DatePicker',
        datePicker: {
          title: 'When should we deliver?',
          availableTimes: [1, 2, 3].map((days) => ({ dateTime: new Date(Date.now() + days * 86400000).toISOString(), duration: 3600 })),
        },
      },
    ],
  }),
  List: {
    content: [
      {
        contentType: 'ListPicker',
        listPicker: { sections: [{ title: 'Size', multipleSelection: false, items: ['Small', 'Large'].map((title) => ({ id: title.toLowerCase(), title })) }] },
      },
    ],
  },
};
